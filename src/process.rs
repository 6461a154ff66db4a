//! Runs a program with limits on time and output, in a process group of its own that can be terminated as a whole.
//!
//! In a terminal, that group becomes the foreground group, as a shell does for its jobs, so that git and ssh can ask for a password and
//! receive Ctrl-C. The time limit includes answering, so it is longer there.

use std::io::{self, Read, stdin};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle, sleep};
use std::time::{Duration, Instant};

use nix::sys::signal::{SigSet, Signal, killpg};
use nix::unistd::{Pid, getpgrp, tcgetpgrp, tcsetpgrp};

use crate::interrupt;

/// How long dockgen waits before it says what it is waiting for.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long to wait for output after the program exits: a background helper may keep the pipe open forever.
const REST: Duration = Duration::from_millis(500);

/// The longest pause between checks of a running program.
const TICK: Duration = Duration::from_millis(20);

/// How much of stderr is kept, in bytes.
const MESSAGES: u64 = 64 * 1024;

/// The limits of a run.
pub(crate) struct RunLimits<'a> {
    /// The program is terminated at this time.
    pub(crate) until: Instant,
    /// The most bytes of stdout.
    pub(crate) output: u64,
    /// Whether the program may prompt in the terminal.
    pub(crate) may_prompt: bool,
    /// Called once if the run takes longer than [`PATIENCE`].
    pub(crate) on_wait: &'a dyn Fn(),
}

/// How a run ended, see [`RunLimits`].
pub(crate) enum Outcome {
    /// With any exit status, within all limits.
    Exited(Output),
    TimedOut,
    TooMuchOutput,
}

/// # Errors
/// The program can't be started.
pub(crate) fn run(command: &mut Command, limits: &RunLimits<'_>) -> io::Result<Outcome> {
    if Instant::now() >= limits.until {
        return Ok(Outcome::TimedOut);
    }
    let mut child = command.process_group(0).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let group = interrupt::GroupGuard::new(Pid::from_raw(i32::try_from(child.id()).map_err(io::Error::other)?));
    let terminal = if limits.may_prompt { LentTerminal::lend(group.0) } else { None };
    let stdout = OutputReader::new(child.stdout.take(), limits.output);
    let stderr = OutputReader::new(child.stderr.take(), MESSAGES);
    let status = wait(&mut child, &stdout, limits, terminal.as_ref())?;
    let Some(status) = status else {
        interrupt::end_group(group.0);
        child.wait()?;
        return Ok(if stdout.is_full() { Outcome::TooMuchOutput } else { Outcome::TimedOut });
    };
    // Ctrl-C reached only the foreground group, but the user also meant dockgen
    if terminal.is_some() && status.signal() == Some(Signal::SIGINT as i32) {
        interrupt::end();
    }
    stdout.wait_briefly();
    stderr.wait_briefly();
    if stdout.is_full() {
        return Ok(Outcome::TooMuchOutput);
    }
    Ok(Outcome::Exited(Output { status, stdout: stdout.take(), stderr: stderr.take() }))
}

/// Waits for the program to exit. `None` if it takes too long or prints too much.
fn wait(
    child: &mut Child,
    stdout: &OutputReader,
    limits: &RunLimits<'_>,
    terminal: Option<&LentTerminal>,
) -> io::Result<Option<ExitStatus>> {
    let (start, mut notified, mut tick) = (Instant::now(), false, Duration::from_millis(1));
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if Instant::now() >= limits.until || stdout.is_full() {
            return Ok(None);
        }
        if !notified && start.elapsed() >= PATIENCE {
            (limits.on_wait)();
            notified = true;
        }
        terminal.inspect(|terminal| terminal.resume());
        sleep(tick);
        tick = (tick * 2).min(TICK);
    }
}

/// Collects the output of a program in a thread.
struct OutputReader {
    bytes: Arc<Mutex<Vec<u8>>>,
    most: u64,
    thread: JoinHandle<()>,
}

impl OutputReader {
    fn new(from: Option<impl Read + Send + 'static>, most: u64) -> Self {
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let (into, mut part) = (Arc::clone(&bytes), vec![0; 64 * 1024]);
        let thread = thread::spawn(move || {
            let Some(mut from) = from else { return };
            while let Ok(read @ 1..) = from.read(&mut part) {
                let mut into = into.lock().unwrap_or_else(PoisonError::into_inner);
                // keep one byte more to detect too much output; drop the rest, so that the program isn't blocked
                let room = usize::try_from(most + 1).unwrap_or(usize::MAX).saturating_sub(into.len());
                into.extend_from_slice(&part[..read.min(room)]);
            }
        });
        Self { bytes, most, thread }
    }

    fn is_full(&self) -> bool {
        self.bytes.lock().unwrap_or_else(PoisonError::into_inner).len() as u64 > self.most
    }

    /// Waits for remaining output after the program has exited, at most [`REST`].
    fn wait_briefly(&self) {
        let end = Instant::now() + REST;
        while !self.thread.is_finished() && Instant::now() < end {
            sleep(Duration::from_millis(1));
        }
    }

    fn take(self) -> Vec<u8> {
        std::mem::take(&mut *self.bytes.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Returns the terminal to dockgen's process group when dropped.
struct LentTerminal {
    own: Pid,
    borrower: Pid,
}

impl LentTerminal {
    /// Makes another group the foreground group, if dockgen is in the foreground.
    fn lend(borrower: Pid) -> Option<Self> {
        let own = getpgrp();
        (tcgetpgrp(stdin()) == Ok(own)).then_some(())?;
        // dockgen is now in the background: without this, printing or taking the terminal back would stop it
        background_output_signals().thread_block().ok()?;
        let terminal = Self { own, borrower };
        tcsetpgrp(stdin(), borrower).ok()?;
        Some(terminal)
    }

    /// Resumes stopped processes: they prompted before they had the terminal, or got Ctrl-Z, after which no shell would resume them.
    fn resume(&self) {
        let _ = killpg(self.borrower, Signal::SIGCONT);
    }
}

impl Drop for LentTerminal {
    fn drop(&mut self) {
        let _ = tcsetpgrp(stdin(), self.own);
        let _ = background_output_signals().thread_unblock();
    }
}

/// SIGTTOU, which stops background processes that use the terminal.
fn background_output_signals() -> SigSet {
    let mut stops = SigSet::empty();
    stops.add(Signal::SIGTTOU);
    stops
}
