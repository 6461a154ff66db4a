//! A minimal HTTP client for servers on localhost.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

#[derive(Debug)]
pub(crate) struct Response {
    /// Status code; 0 if there is no valid response.
    pub(crate) status: u16,
    /// The body; invalid UTF-8 is replaced.
    pub(crate) body: String,
}

/// Finds an unused port on localhost.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port").port()
}

/// Sends a GET request with `Host: localhost`, as health checks do.
pub(crate) fn get(port: u16, path: &str) -> Response {
    send(port, &format!("GET {path}"), "text/plain", b"")
}

/// Sends a POST request with a JSON body.
pub(crate) fn post(port: u16, path: &str, json: &str) -> Response {
    send(port, &format!("POST {path}"), "application/json", json.as_bytes())
}

/// Sends a POST request that uploads one file in a form field.
pub(crate) fn upload(port: u16, path: &str, field: &str, file: &str, bytes: &[u8]) -> Response {
    let head = format!("--line\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"{file}\"\r\n\r\n");
    let body = [head.as_bytes(), bytes, b"\r\n--line--\r\n"].concat();
    send(port, &format!("POST {path}"), "multipart/form-data; boundary=line", &body)
}

fn send(port: u16, request: &str, kind: &str, body: &[u8]) -> Response {
    let exchange = || {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        let length = body.len();
        write!(
            stream,
            "{request} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n"
        )?;
        stream.write_all(body)?;
        let mut response = Vec::new();
        stream.read_to_end(&mut response).map(|_| response)
    };
    match exchange() {
        Ok(response) => parse_response(&String::from_utf8_lossy(&response)),
        Err(error) => Response { status: 0, body: format!("{request}: {error}") },
    }
}

fn parse_response(text: &str) -> Response {
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((text, ""));
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0);
    Response { status, body: body.to_owned() }
}
