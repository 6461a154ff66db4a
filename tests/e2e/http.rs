//! As much of HTTP as asking a server on this machine takes.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

/// What a server answered.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The status code; 0 where what came was no HTTP.
    pub(crate) status: u16,
    /// The body, as far as it is text.
    pub(crate) body: String,
}

/// A port of this machine that nobody listens at.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port").port()
}

/// GET, with the Host header that health checks send.
pub(crate) fn get(port: u16, path: &str) -> Answer {
    send(port, &format!("GET {path}"), "text/plain", b"")
}

/// POST of a JSON body.
pub(crate) fn post(port: u16, path: &str, json: &str) -> Answer {
    send(port, &format!("POST {path}"), "application/json", json.as_bytes())
}

/// POST of one file in a form's field.
pub(crate) fn upload(port: u16, path: &str, field: &str, file: &str, bytes: &[u8]) -> Answer {
    let head = format!("--line\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"{file}\"\r\n\r\n");
    let body = [head.as_bytes(), bytes, b"\r\n--line--\r\n"].concat();
    send(port, &format!("POST {path}"), "multipart/form-data; boundary=line", &body)
}

fn send(port: u16, request: &str, kind: &str, body: &[u8]) -> Answer {
    let exchange = || {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        let length = body.len();
        write!(
            stream,
            "{request} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n"
        )?;
        stream.write_all(body)?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).map(|_| answer)
    };
    match exchange() {
        Ok(answer) => parsed(&String::from_utf8_lossy(&answer)),
        Err(error) => Answer { status: 0, body: format!("{request}: {error}") },
    }
}

fn parsed(answer: &str) -> Answer {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((answer, ""));
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0);
    Answer { status, body: body.to_owned() }
}
