//! Cleans up when dockgen is interrupted by SIGINT, SIGHUP or SIGTERM.

use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, Once, PoisonError};
use std::thread::sleep;
use std::time::Duration;

use console::Term;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

/// The exit code that shells report for a program interrupted by Ctrl-C.
const EXIT_CODE: i32 = 130;

/// How long processes may take to exit after SIGTERM, for example for git to restore the terminal's echo.
const GRACE: Duration = Duration::from_millis(300);

/// What must be terminated, removed or restored before dockgen exits.
struct Cleanup {
    groups: Vec<Pid>,
    folders: Vec<PathBuf>,
    /// A prompt may have hidden the cursor.
    cursor: bool,
    /// A prompt is open. All prompts come before the first write.
    asking: bool,
}

static CLEANUP: Mutex<Cleanup> = Mutex::new(Cleanup { groups: Vec::new(), folders: Vec::new(), cursor: false, asking: false });

static HANDLER: Once = Once::new();

fn cleanup() -> MutexGuard<'static, Cleanup> {
    // if there is no handler, the signal still terminates dockgen
    HANDLER.call_once(|| drop(ctrlc::set_handler(end)));
    CLEANUP.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Cleans up and exits.
pub(crate) fn end() {
    let cleanup = cleanup();
    cleanup.groups.iter().for_each(|group| end_group(*group));
    cleanup.folders.iter().for_each(|folder| drop(fs_err::remove_dir_all(folder)));
    if cleanup.cursor || cleanup.asking {
        let _ = Term::stderr().show_cursor();
    }
    if cleanup.cursor || cleanup.asking {
        let _ = Term::stderr().write_line("");
    }
    if cleanup.asking {
        let _ = Term::stderr().write_line("cancelled, nothing was written");
    }
    #[expect(clippy::exit, reason = "a signal handler has nothing to return to")]
    std::process::exit(EXIT_CODE);
}

/// Terminates a process group: SIGTERM, then SIGKILL after [`GRACE`].
pub(crate) fn end_group(group: Pid) {
    if killpg(group, Signal::SIGTERM).is_ok() {
        sleep(GRACE);
        let _ = killpg(group, Signal::SIGKILL);
    }
}

/// Shows the cursor again when dockgen is interrupted.
pub(crate) fn restore_cursor() {
    cleanup().cursor = true;
}

/// Marks a prompt as open until dropped.
pub(crate) struct PromptGuard;

impl PromptGuard {
    pub(crate) fn new() -> Self {
        cleanup().asking = true;
        Self
    }
}

impl Drop for PromptGuard {
    fn drop(&mut self) {
        cleanup().asking = false;
    }
}

/// Terminates a process group if dockgen is interrupted before this is dropped.
pub(crate) struct GroupGuard(pub(crate) Pid);

impl GroupGuard {
    pub(crate) fn new(group: Pid) -> Self {
        cleanup().groups.push(group);
        Self(group)
    }
}

impl Drop for GroupGuard {
    fn drop(&mut self) {
        cleanup().groups.retain(|group| *group != self.0);
    }
}

/// Removes a folder if dockgen is interrupted before this is dropped.
pub(crate) struct FolderGuard(PathBuf);

impl FolderGuard {
    pub(crate) fn new(folder: PathBuf) -> Self {
        cleanup().folders.push(folder.clone());
        Self(folder)
    }
}

impl Drop for FolderGuard {
    fn drop(&mut self) {
        cleanup().folders.retain(|folder| *folder != self.0);
    }
}
