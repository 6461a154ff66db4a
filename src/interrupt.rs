//! What is ended and removed when dockgen is interrupted: by Ctrl-C, by a closed terminal, or by a request to end.

use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, Once, PoisonError};
use std::thread::sleep;
use std::time::Duration;

use console::Term;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

/// What a shell reports for a program that Ctrl-C has ended.
const EXIT: i32 = 130;

/// How long processes may take to end by themselves, such as git to put the terminal's echo back.
const GRACE: Duration = Duration::from_millis(300);

/// What must not outlive dockgen.
struct Pending {
    groups: Vec<Pid>,
    folders: Vec<PathBuf>,
    /// A question hides the cursor.
    cursor: bool,
    /// A question waits for its answer; all are asked before anything is written.
    asking: bool,
}

static STATE: Mutex<Pending> = Mutex::new(Pending { groups: Vec::new(), folders: Vec::new(), cursor: false, asking: false });

static HANDLER: Once = Once::new();

fn state() -> MutexGuard<'static, Pending> {
    // without a handler the signal ends us all the same
    HANDLER.call_once(|| drop(ctrlc::set_handler(end)));
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Ends dockgen, and leaves nothing behind.
pub(crate) fn end() {
    let state = state();
    state.groups.iter().for_each(|group| end_group(*group));
    state.folders.iter().for_each(|folder| drop(std::fs::remove_dir_all(folder)));
    if state.cursor || state.asking {
        let _ = Term::stderr().show_cursor();
    }
    if state.cursor || state.asking {
        let _ = Term::stderr().write_line("");
    }
    if state.asking {
        let _ = Term::stderr().write_line("cancelled, nothing was written");
    }
    #[expect(clippy::exit, reason = "a signal handler has nothing to return to")]
    std::process::exit(EXIT);
}

/// Ends all processes of a group: first they are asked to.
pub(crate) fn end_group(group: Pid) {
    if killpg(group, Signal::SIGTERM).is_ok() {
        sleep(GRACE);
        let _ = killpg(group, Signal::SIGKILL);
    }
}

/// Shows the cursor again when dockgen is interrupted.
pub(crate) fn keep_terminal() {
    state().cursor = true;
}

/// A question waits for its answer as long as this is kept.
pub(crate) struct Asking;

impl Asking {
    pub(crate) fn new() -> Self {
        state().asking = true;
        Self
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        state().asking = false;
    }
}

/// A group of processes that ends with dockgen, as long as this is kept.
pub(crate) struct Group(pub(crate) Pid);

impl Group {
    pub(crate) fn new(group: Pid) -> Self {
        state().groups.push(group);
        Self(group)
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        state().groups.retain(|group| *group != self.0);
    }
}

/// A folder that is removed when dockgen is interrupted, as long as this is kept.
pub(crate) struct TemporaryFolder(PathBuf);

impl TemporaryFolder {
    pub(crate) fn new(folder: PathBuf) -> Self {
        state().folders.push(folder.clone());
        Self(folder)
    }
}

impl Drop for TemporaryFolder {
    fn drop(&mut self) {
        state().folders.retain(|folder| *folder != self.0);
    }
}
