//! Runs a program within limits of time and output. It gets a process group of its own, which is ended as a whole.
//!
//! In a terminal that group becomes the foreground one, as a shell does it for its jobs: git and ssh may ask for a password, and Ctrl-C
//! reaches them. Time for questions counts as well, so the limit is longer there.

use std::io::{self, Read, stdin};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle, sleep};
use std::time::{Duration, Instant};

use nix::sys::signal::{SigSet, Signal, killpg};
use nix::unistd::{Pid, getpgrp, tcgetpgrp, tcsetpgrp};

use crate::interrupt;

/// After this time people are told what dockgen waits for.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long output may come after the program has ended: a helper in the background may keep the pipe open for good.
const REST: Duration = Duration::from_millis(500);

/// The longest pause between two looks at a running program.
const TICK: Duration = Duration::from_millis(20);

/// Bytes of messages that are kept.
const MESSAGES: u64 = 64 * 1024;

/// What a run may take.
pub(crate) struct RunLimits<'a> {
    /// When it must have ended.
    pub(crate) until: Instant,
    /// Bytes of its standard output.
    pub(crate) output: u64,
    /// Whether it may ask in the terminal.
    pub(crate) asks: bool,
    /// Called once where it takes longer than people wait without a word.
    pub(crate) waiting: &'a dyn Fn(),
}

/// How a run ended.
pub(crate) enum RunEnd {
    /// Within its limits.
    Itself(Output),
    /// It took too long.
    Late,
    /// It printed too much.
    Endless,
}

/// Runs a program.
///
/// # Errors
/// It cannot be started.
pub(crate) fn run(command: &mut Command, limits: &RunLimits<'_>) -> io::Result<RunEnd> {
    if Instant::now() >= limits.until {
        return Ok(RunEnd::Late);
    }
    let mut child = command.process_group(0).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let group = interrupt::Group::new(Pid::from_raw(i32::try_from(child.id()).map_err(io::Error::other)?));
    let terminal = if limits.asks { Terminal::lend(group.0) } else { None };
    let stdout = Collected::new(child.stdout.take(), limits.output);
    let stderr = Collected::new(child.stderr.take(), MESSAGES);
    let status = wait(&mut child, &stdout, limits, terminal.as_ref())?;
    let Some(status) = status else {
        interrupt::end_group(group.0);
        child.wait()?;
        return Ok(if stdout.is_full() { RunEnd::Endless } else { RunEnd::Late });
    };
    // Ctrl-C reached only the group in the foreground, and was meant for dockgen too
    if terminal.is_some() && status.signal() == Some(Signal::SIGINT as i32) {
        interrupt::end();
    }
    stdout.settle();
    stderr.settle();
    if stdout.is_full() {
        return Ok(RunEnd::Endless);
    }
    Ok(RunEnd::Itself(Output { status, stdout: stdout.take(), stderr: stderr.take() }))
}

/// Waits for the end; none where it does not come in time, or where there is too much output.
fn wait(
    child: &mut Child,
    stdout: &Collected,
    limits: &RunLimits<'_>,
    terminal: Option<&Terminal>,
) -> io::Result<Option<ExitStatus>> {
    let (start, mut told, mut tick) = (Instant::now(), false, Duration::from_millis(1));
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if Instant::now() >= limits.until || stdout.is_full() {
            return Ok(None);
        }
        if !told && start.elapsed() >= PATIENCE {
            (limits.waiting)();
            told = true;
        }
        terminal.inspect(|terminal| terminal.go_on());
        sleep(tick);
        tick = (tick * 2).min(TICK);
    }
}

/// What a program prints, collected by a thread.
struct Collected {
    bytes: Arc<Mutex<Vec<u8>>>,
    most: u64,
    thread: JoinHandle<()>,
}

impl Collected {
    fn new(from: Option<impl Read + Send + 'static>, most: u64) -> Self {
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let (into, mut part) = (Arc::clone(&bytes), vec![0; 64 * 1024]);
        let thread = thread::spawn(move || {
            let Some(mut from) = from else { return };
            while let Ok(read @ 1..) = from.read(&mut part) {
                let mut into = into.lock().unwrap_or_else(PoisonError::into_inner);
                // one byte more tells that there is too much; the rest is thrown away, so that the program can go on
                let room = usize::try_from(most + 1).unwrap_or(usize::MAX).saturating_sub(into.len());
                into.extend_from_slice(&part[..read.min(room)]);
            }
        });
        Self { bytes, most, thread }
    }

    fn is_full(&self) -> bool {
        self.bytes.lock().unwrap_or_else(PoisonError::into_inner).len() as u64 > self.most
    }

    /// Waits for the rest, once the program has ended.
    fn settle(&self) {
        let end = Instant::now() + REST;
        while !self.thread.is_finished() && Instant::now() < end {
            sleep(Duration::from_millis(1));
        }
    }

    fn take(self) -> Vec<u8> {
        std::mem::take(&mut *self.bytes.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The terminal while another group has it.
struct Terminal {
    own: Pid,
    borrower: Pid,
}

impl Terminal {
    /// Lends the terminal, where it is ours.
    fn lend(borrower: Pid) -> Option<Self> {
        let own = getpgrp();
        (tcgetpgrp(stdin()) == Ok(own)).then_some(())?;
        // from now on this process is in the background: it must not be stopped where it prints, or takes the terminal back
        stops().thread_block().ok()?;
        let terminal = Self { own, borrower };
        tcsetpgrp(stdin(), borrower).ok()?;
        Some(terminal)
    }

    /// Wakes what stopped: because it asked before it had the terminal, or because of Ctrl-Z, after which no shell would wake it.
    fn go_on(&self) {
        let _ = killpg(self.borrower, Signal::SIGCONT);
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = tcsetpgrp(stdin(), self.own);
        let _ = stops().thread_unblock();
    }
}

/// The signal for processes in the background that use the terminal.
fn stops() -> SigSet {
    let mut stops = SigSet::empty();
    stops.add(Signal::SIGTTOU);
    stops
}
