//! Templates that came with a preset are rendered in a process of its own, which is dockgen again.
//!
//! It gets the templates and the model on standard input, and answers with a line for each output. Before it reads any of it, it
//! gives up what no template needs: memory, time, files, the environment. What a template does there cannot harm the machine, and
//! what it cannot do is write: paths are decided, and held against every rule, before.

use std::io::{Read as _, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::Duration;

use minijinja::value::{Serde, Value};
use rlimit::Resource;

use super::escape;
use super::overlay::{self, Failure, Name, Texts};
use crate::error::{Error, Exit, Place, Result, Source};
use crate::model::Model;
use crate::preset::TemplateSet;

/// The command, which nobody types.
pub(crate) const COMMAND: &str = "render-templates";

/// Memory for all of it, in bytes; the built-in templates take a hundredth.
const MOST_MEMORY: u64 = 512 * 1024 * 1024;

/// Processor time for all of it, in seconds; the built-in templates take a thousandth.
const MOST_TIME: u64 = 5;

/// Time for all of it, in seconds: a machine may be busy.
const LONGEST_WAIT: u64 = 30;

/// The largest output, and all of them together, in bytes; a manifest of forty processes has 200 KiB.
const LARGEST_OUTPUT: usize = 1024 * 1024;
const LARGEST_OUTPUTS: usize = 8 * 1024 * 1024;

/// The longest answer that is read: in JSON, a letter may take six.
const LONGEST_ANSWER: u64 = 6 * LARGEST_OUTPUTS as u64 + LARGEST_OUTPUT as u64;

/// What the process is asked: the templates of presets, weaker ones first, the names of those to render, and the model.
type Question<Sets, Names> = (Sets, Names, Value);

/// A line of its answer: a text, or where and why there is none.
type Reply = std::result::Result<String, (Vec<(String, usize)>, String)>;

/// Renders templates where they can do no harm.
///
/// # Errors
/// A template that is wrong, or takes more than it may.
pub(super) fn render(model: &Model, names: &[Name], sets: &[TemplateSet]) -> Result<Vec<String>> {
    let texts: Vec<&Texts> = sets.iter().map(|set| &set.files).collect();
    let roots: Vec<String> = names.iter().map(Name::to_string).collect();
    let question: Question<_, _> = (texts, roots, Value::from(Serde(model)));
    let question = serde_json::to_vec(&question).map_err(|error| Error::new(error.to_string()))?;
    let (answer, end) = ask(&question)?;
    let mut lines = answer.lines();
    let text = |name: &Name| match lines.next().map(serde_json::from_str::<Reply>) {
        Some(Ok(Ok(text))) => Ok(text),
        Some(Ok(Err((frames, message)))) => Err(wrong(&Failure { frames, message }, sets)),
        // a line that broke off, or none
        _ => Err(too_much(name, sets, &end)),
    };
    names.iter().map(text).collect()
}

/// How the process ended.
enum SandboxEnd {
    By(ExitStatus),
    Waiting,
}

fn ask(question: &[u8]) -> Result<(String, SandboxEnd)> {
    let failed = |error: std::io::Error| {
        Error::new(format!("cannot start dockgen again to render the templates of presets: {error}"))
            .hint("allow dockgen to start processes: templates are rendered in a separate one")
    };
    let mut child = start().map_err(failed)?;
    let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        // what is cut off or no text is no answer, and an answer that nobody waits for any more is none either
        let mut text = String::new();
        let _ = stdout.map(|stdout| stdout.take(LONGEST_ANSWER).read_to_string(&mut text));
        let _ = sender.send(text);
    });
    // it reads everything before it writes; if it has ended instead, that says more than this error
    let _ = stdin.map(|mut stdin| stdin.write_all(question));
    let Ok(answer) = receiver.recv_timeout(Duration::from_secs(LONGEST_WAIT)) else {
        let _ = child.kill();
        let _ = child.wait();
        return Ok((String::new(), SandboxEnd::Waiting));
    };
    Ok((answer, SandboxEnd::By(child.wait().map_err(failed)?)))
}

fn start() -> std::io::Result<Child> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg(COMMAND).env_clear().stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    command.spawn()
}

fn too_much(name: &Name, sets: &[TemplateSet], end: &SandboxEnd) -> Error {
    use std::os::unix::process::ExitStatusExt as _;
    /// "CPU time limit exceeded", and what follows where that is not obeyed (signal(7) of every system).
    const TOO_LONG: [i32; 2] = [24, 9];
    let what = match end {
        SandboxEnd::Waiting => format!("took longer than {LONGEST_WAIT} s"),
        SandboxEnd::By(status) if status.signal().is_some_and(|signal| TOO_LONG.contains(&signal)) => {
            format!("took more than {MOST_TIME} s of CPU time")
        }
        SandboxEnd::By(_) => format!("needed more than {} MiB of memory, or was nested too deeply", MOST_MEMORY >> 20),
    };
    let who = if name.is_built_in() { "a template".to_owned() } else { overlay::shown(name, sets) };
    Error::new(format!("{who}, including the templates it extends and includes, {what}"))
        .hint("fix the template in the preset, or ask its owners; nothing was written")
}

fn wrong(failure: &Failure, sets: &[TemplateSet]) -> Error {
    let frames: Vec<(Name, usize)> = failure.frames.iter().map(|(name, line)| (Name::parse(name), *line)).collect();
    let Some((name, line)) = frames.iter().rfind(|(name, _)| !name.is_built_in()) else {
        return Error::new(&failure.message).hint("this is a bug in dockgen: please report it");
    };
    let inner = frames.last().filter(|(inner, _)| inner.is_built_in());
    let inside = inner.map(|(inner, _)| format!("in the built-in {}: ", inner.path)).unwrap_or_default();
    let error = Error::new(format!("{}:{line}: {inside}{}", overlay::shown(name, sets), failure.message));
    let preset = &sets[name.level - 1].preset;
    error
        .at(place(name, *line, sets))
        .hint(format!("fix the template in {preset}, or ask its owners; docs/presets.md lists the variables"))
}

/// A line of a template.
fn place(name: &Name, line: usize, sets: &[TemplateSet]) -> Option<Place> {
    let text = overlay::text(name, sets)?;
    let before: usize = text.split_inclusive('\n').take(line.checked_sub(1)?).map(str::len).sum();
    let line = text[before..].lines().next().unwrap_or_default();
    let indentation = line.len() - line.trim_start().len();
    let span = before + indentation..before + line.trim_end().len().max(indentation);
    Some(Place { source: Arc::new(Source { name: overlay::shown(name, sets), text: text.to_owned() }), span })
}

/// What the other process does: answers line by line, and ends at the first failure.
///
/// # Errors
/// Limits that the system does not set, a question that is none, an answer that nobody reads.
pub(crate) fn answer(print: impl Fn(&str) -> Result<Exit>) -> Result<Exit> {
    give_up_what_no_template_needs()?;
    let mut question = String::new();
    std::io::stdin().read_to_string(&mut question)?;
    let (sets, names, model): Question<Vec<Texts>, Vec<String>> =
        serde_json::from_str(&question).map_err(|error| Error::new(format!("invalid internal command: {error}")))?;
    let sets = Arc::new(sets);
    let mut room = LARGEST_OUTPUTS;
    for name in names {
        let answer = text(&name, &sets, model.clone(), &mut room);
        let line = serde_json::to_string(&answer).map_err(|error| Error::new(error.to_string()))?;
        print(&(line + "\n"))?;
        if answer.is_err() {
            break;
        }
    }
    Ok(Exit::Done)
}

fn give_up_what_no_template_needs() -> Result<()> {
    // 3: what is open stays open, and nothing else can be opened
    let limits = [(Resource::AS, MOST_MEMORY), (Resource::CPU, MOST_TIME), (Resource::FSIZE, 0), (Resource::NOFILE, 3)];
    for (resource, most) in limits.into_iter().chain([(Resource::CORE, 0)]) {
        let (_, hard) = rlimit::getrlimit(resource)?;
        // the hard limit of time comes a second later, so that the first one is the one that is told
        let set = rlimit::setrlimit(resource, most.min(hard), most.saturating_add(1).min(hard));
        // macOS knows no limit of addresses
        if !(cfg!(target_os = "macos") && resource == Resource::AS) {
            set?;
        }
    }
    Ok(())
}

/// One output.
fn text(name: &str, sets: &Arc<Vec<Texts>>, model: Value, room: &mut usize) -> Reply {
    let environment = overlay::environment(Arc::clone(sets), escape::is_compose(&Name::parse(name).path));
    let mut written = Limited { text: Vec::new(), room: LARGEST_OUTPUT.min(*room) };
    let rendered = environment.get_template(name).and_then(|template| template.render_captured_to(model, &mut written).map(drop));
    let failed = |Failure { frames, message }| (frames, message);
    match rendered {
        Ok(()) => {
            *room -= written.text.len();
            Ok(String::from_utf8_lossy(&written.text).into_owned())
        }
        Err(error) if error.kind() == minijinja::ErrorKind::WriteFailure => {
            let message = format!(
                "the output is larger than {} MiB, or all outputs together are larger than {} MiB",
                LARGEST_OUTPUT >> 20,
                LARGEST_OUTPUTS >> 20
            );
            Err((vec![(name.to_owned(), 1)], message))
        }
        Err(error) => Err(failed(overlay::failure(&error))),
    }
}

/// A text that may not grow beyond a size.
struct Limited {
    text: Vec<u8>,
    room: usize,
}

impl Write for Limited {
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
