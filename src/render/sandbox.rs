//! Renders templates of presets in a child process, which is dockgen itself.
//!
//! The child reads the templates and the model from stdin and writes one line per output to stdout. It starts with an empty environment,
//! and limits its own memory, CPU time and open files before it reads anything, so a template can't harm the machine. It can't choose where
//! files are written either: output paths are decided and validated before.

use std::io::{Read as _, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::Duration;

use minijinja::value::{Serde, Value};
use rlimit::Resource;

use super::escape::{self, MAX_OUTPUT};
use super::overlay::{self, TemplateFailure, TemplateName, TemplateTexts};
use crate::error::{Error, Exit, Place, Result, Source};
use crate::model::Model;
use crate::preset::TemplateSet;

/// Internal command, hidden from help.
pub(crate) const COMMAND: &str = "render-templates";

/// Memory limit in bytes; the built-in templates take a hundredth.
const MAX_MEMORY: u64 = 512 * 1024 * 1024;

/// CPU time limit in seconds; the built-in templates take a thousandth.
const MAX_CPU_TIME: u64 = 5;

/// Wall time limit in seconds; longer than the CPU time, since the machine may be busy.
const MAX_WAIT: u64 = 30;

/// Limit of all outputs, in bytes.
const MAX_TOTAL_OUTPUT: usize = 8 * 1024 * 1024;

/// Longest response that is read, in bytes; JSON may escape a byte as six.
const MAX_RESPONSE: u64 = 6 * MAX_TOTAL_OUTPUT as u64 + MAX_OUTPUT as u64;

/// Input of the child as JSON: templates of each preset, weakest first; names of the templates to render; the model.
type RenderRequest<Sets, Names> = (Sets, Names, Value);

/// One line of the child's output as JSON: the rendered text, or the frames and message of the failure.
type RenderResponse = std::result::Result<String, (Vec<(String, usize)>, String)>;

/// Renders templates in a child process.
///
/// # Errors
/// A template has a mistake or exceeds a limit, or the child can't be started.
pub(super) fn render(model: &Model, names: &[TemplateName], sets: &[TemplateSet]) -> Result<Vec<String>> {
    let texts: Vec<&TemplateTexts> = sets.iter().map(|set| &set.files).collect();
    let roots: Vec<String> = names.iter().map(TemplateName::to_string).collect();
    let request: RenderRequest<_, _> = (texts, roots, Value::from(Serde(model)));
    let request = serde_json::to_vec(&request).map_err(|error| Error::new(error.to_string()))?;
    let (response, exit) = run_child(&request)?;
    let mut lines = response.lines();
    let text = |name: &TemplateName| match lines.next().map(serde_json::from_str::<RenderResponse>) {
        Some(Ok(Ok(text))) => Ok(text),
        Some(Ok(Err((frames, message)))) => Err(preset_template_error(&TemplateFailure { frames, message }, sets)),
        // the child was stopped before or while it wrote this line
        _ => Err(limit_error(name, sets, &exit)),
    };
    names.iter().map(text).collect()
}

enum ChildExit {
    Ended(ExitStatus),
    TimedOut,
}

fn run_child(request: &[u8]) -> Result<(String, ChildExit)> {
    let failed = |error: std::io::Error| {
        Error::new(format!("cannot start dockgen again to render the templates of presets: {error}"))
            .hint("allow dockgen to start processes: templates are rendered in a separate one")
    };
    let mut child = start_child().map_err(failed)?;
    let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        // ignore errors: incomplete output fails to parse later, and after a timeout there is no receiver
        let mut text = String::new();
        let _ = stdout.map(|stdout| stdout.take(MAX_RESPONSE).read_to_string(&mut text));
        let _ = sender.send(text);
    });
    // the child reads everything before it writes, so this can't deadlock; if it has ended instead, its exit status tells more than this error
    let _ = stdin.map(|mut stdin| stdin.write_all(request));
    let Ok(response) = receiver.recv_timeout(Duration::from_secs(MAX_WAIT)) else {
        let _ = child.kill();
        let _ = child.wait();
        return Ok((String::new(), ChildExit::TimedOut));
    };
    Ok((response, ChildExit::Ended(child.wait().map_err(failed)?)))
}

fn start_child() -> std::io::Result<Child> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg(COMMAND).env_clear().stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    command.spawn()
}

fn limit_error(name: &TemplateName, sets: &[TemplateSet], exit: &ChildExit) -> Error {
    use std::os::unix::process::ExitStatusExt as _;
    /// SIGXCPU at the soft limit of CPU time, SIGKILL at the hard one; the same numbers on every system.
    const CPU_SIGNALS: [i32; 2] = [24, 9];
    let what = match exit {
        ChildExit::TimedOut => format!("took longer than {MAX_WAIT} s"),
        ChildExit::Ended(status) if status.signal().is_some_and(|signal| CPU_SIGNALS.contains(&signal)) => {
            format!("took more than {MAX_CPU_TIME} s of CPU time")
        }
        ChildExit::Ended(_) => format!("needed more than {} MiB of memory, or was nested too deeply", MAX_MEMORY >> 20),
    };
    let who = if name.is_built_in() { "a template".to_owned() } else { overlay::display_name(name, sets) };
    Error::new(format!("{who}, including the templates it extends and includes, {what}"))
        .hint("fix the template in the preset, or ask its owners; nothing was written")
}

fn preset_template_error(failure: &TemplateFailure, sets: &[TemplateSet]) -> Error {
    let frames: Vec<(TemplateName, usize)> =
        failure.frames.iter().map(|(name, line)| (TemplateName::parse(name), *line)).collect();
    let Some((name, line)) = frames.iter().rfind(|(name, _)| !name.is_built_in()) else {
        return Error::new(&failure.message).hint("this is a bug in dockgen: please report it");
    };
    let inner = frames.last().filter(|(inner, _)| inner.is_built_in());
    let inside = inner.map(|(inner, _)| format!("in the built-in {}: ", inner.path)).unwrap_or_default();
    let error = Error::new(format!("{}:{line}: {inside}{}", overlay::display_name(name, sets), failure.message));
    let preset = &sets[name.level - 1].preset;
    error
        .at(place_of_line(name, *line, sets))
        .hint(format!("fix the template in {preset}, or ask its owners; docs/presets.md lists the variables"))
}

/// The place of a template's line, without its indentation.
fn place_of_line(name: &TemplateName, line: usize, sets: &[TemplateSet]) -> Option<Place> {
    let text = overlay::template_text(name, sets)?;
    let before: usize = text.split_inclusive('\n').take(line.checked_sub(1)?).map(str::len).sum();
    let line = text[before..].lines().next().unwrap_or_default();
    let indentation = line.len() - line.trim_start().len();
    let span = before + indentation..before + line.trim_end().len().max(indentation);
    Some(Place { source: Arc::new(Source::file(overlay::display_name(name, sets), text)), span })
}

/// Runs in the child: renders each template of the request and prints one line for it. Stops at the first failure.
///
/// # Errors
/// The limits can't be set, the request can't be parsed, or stdout is closed.
pub(crate) fn serve(print: impl Fn(&str) -> Result<Exit>) -> Result<Exit> {
    limit_resources()?;
    let mut request = String::new();
    std::io::stdin().read_to_string(&mut request)?;
    let (sets, names, model): RenderRequest<Vec<TemplateTexts>, Vec<String>> =
        serde_json::from_str(&request).map_err(|error| Error::new(format!("invalid internal command: {error}")))?;
    let sets = Arc::new(sets);
    let mut room = MAX_TOTAL_OUTPUT;
    for name in names {
        let response = render_one(&name, &sets, model.clone(), &mut room);
        let line = serde_json::to_string(&response).map_err(|error| Error::new(error.to_string()))?;
        print(&(line + "\n"))?;
        if response.is_err() {
            break;
        }
    }
    Ok(Exit::Done)
}

fn limit_resources() -> Result<()> {
    // 3 descriptors: stdin, stdout and stderr stay open, and no other file can be opened
    let limits = [(Resource::AS, MAX_MEMORY), (Resource::CPU, MAX_CPU_TIME), (Resource::FSIZE, 0), (Resource::NOFILE, 3)];
    for (resource, most) in limits.into_iter().chain([(Resource::CORE, 0)]) {
        let (_, hard) = rlimit::getrlimit(resource)?;
        // set the hard limit of CPU time one second later, so that SIGXCPU ends the child rather than SIGKILL
        let set = rlimit::setrlimit(resource, most.min(hard), most.saturating_add(1).min(hard));
        // macOS doesn't support a limit of the address space
        if !(cfg!(target_os = "macos") && resource == Resource::AS) {
            set?;
        }
    }
    Ok(())
}

/// Renders one output; `room` is how many bytes all further outputs may have.
fn render_one(name: &str, sets: &Arc<Vec<TemplateTexts>>, model: Value, room: &mut usize) -> RenderResponse {
    let environment = overlay::environment(Arc::clone(sets), escape::is_compose(&TemplateName::parse(name).path));
    let mut written = LimitedBuffer { text: Vec::new(), room: MAX_OUTPUT.min(*room) };
    let rendered = environment.get_template(name).and_then(|template| template.render_captured_to(model, &mut written).map(drop));
    match rendered {
        Ok(()) => {
            *room -= written.text.len();
            Ok(String::from_utf8_lossy(&written.text).into_owned())
        }
        Err(error) if error.kind() == minijinja::ErrorKind::WriteFailure => {
            let message = format!(
                "the output is larger than {} MiB, or all outputs together are larger than {} MiB",
                MAX_OUTPUT >> 20,
                MAX_TOTAL_OUTPUT >> 20
            );
            Err((vec![(name.to_owned(), 1)], message))
        }
        Err(error) => {
            let TemplateFailure { frames, message } = overlay::describe_failure(&error);
            Err((frames, message))
        }
    }
}

/// A buffer that returns an error instead of growing beyond `room` bytes.
struct LimitedBuffer {
    text: Vec<u8>,
    room: usize,
}

impl Write for LimitedBuffer {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.text.len() + bytes.len() > self.room {
            return Err(std::io::ErrorKind::FileTooLarge.into());
        }
        self.text.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
