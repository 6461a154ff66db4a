//! Opens every file that dockgen reads. At a path may lie a pipe, a device, or a link to anywhere: opening never waits, only regular
//! files are read, each up to a size, and a file of a project only where it really lies inside the project.

use std::fs::{File, FileType, Metadata, OpenOptions};
use std::io::{self, ErrorKind, IsTerminal as _, Read};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::mpsc::channel;
use std::thread;

use ignore::WalkBuilder;
use nix::fcntl::OFlag;
use nix::unistd::geteuid;

use crate::error::Error;
use crate::limits;

/// Bytes of a spec, a preset or a lock.
pub(crate) const SPEC: u64 = 1 << 20;

/// Bytes of an output: far more than dockgen writes.
pub(crate) const OUTPUT: u64 = 8 << 20;

/// Files with the rules of what tools leave out; the `ignore` crate opens them itself.
const IGNORE_FILES: [&str; 2] = [".gitignore", ".ignore"];

/// Bytes of a file of such rules.
const IGNORE_FILE: u64 = 1 << 20;

/// What is said of a pipe.
const PIPE: &str = "a pipe";

/// Why a file is not read.
#[derive(Debug)]
pub(crate) enum Unread {
    /// There is none.
    Missing,
    /// It lies outside the project, mostly behind a symbolic link.
    Outside,
    /// A symbolic link to nothing, or to itself.
    Dangling,
    /// A directory, a pipe, a device or a socket.
    Irregular(&'static str),
    /// It has more bytes than this.
    TooLarge(u64),
    /// A pipe that did not end in this many seconds.
    Endless(u64),
    /// The environment sets a limit that is none.
    Unlimited(Error),
    /// The system's own reason.
    Failed(io::Error),
}

type Result<T> = std::result::Result<T, Unread>;

impl Unread {
    /// The error for a file of this name.
    pub(crate) fn error(&self, name: &str) -> Error {
        let (what, hint) = match self {
            Self::Unlimited(error) => (error.message.clone(), error.hint.clone().unwrap_or_default()),
            Self::Missing => (format!("cannot read `{name}`: no such file"), format!("name a file that exists: ls {name}")),
            Self::Outside => (
                format!("`{name}` links outside the project, so dockgen doesn't read it"),
                format!("replace the link with a regular file, or delete it: rm {name}"),
            ),
            Self::Dangling => (
                format!("`{name}` is a symbolic link to nothing"),
                format!("replace it with a regular file, or delete it: rm {name}"),
            ),
            Self::Irregular(kind) => {
                (format!("`{name}` is {kind}, not a regular file"), "replace it with a regular file, or move it away".to_owned())
            }
            Self::TooLarge(most) => (
                format!("`{name}` is larger than {}", size(*most)),
                format!("dockgen reads at most {} of it: make it smaller", size(*most)),
            ),
            Self::Endless(seconds) => (
                format!("`{name}` did not end in {seconds} s"),
                format!("write the spec to a file first, or wait longer: {}=300 dockgen …", limits::VARIABLE),
            ),
            Self::Failed(error) => (format!("cannot read `{name}`: {error}"), format!("make it readable: chmod u+r {name}")),
        };
        Error::new(what).hint(hint)
    }

    fn new(error: io::Error) -> Self {
        match error.kind() {
            ErrorKind::NotFound | ErrorKind::NotADirectory => Self::Missing,
            _ => Self::Failed(error),
        }
    }
}

/// A size as people say it.
fn size(bytes: u64) -> String {
    if bytes < 1 << 20 { format!("{} KiB", bytes >> 10) } else { format!("{} MiB", bytes >> 20) }
}

/// What a file is, where it is not a regular one.
fn irregular(kind: FileType) -> Option<&'static str> {
    let kinds = [
        (kind.is_dir(), "a directory"),
        (kind.is_fifo(), PIPE),
        (kind.is_socket(), "a socket"),
        (kind.is_char_device() || kind.is_block_device(), "a device"),
    ];
    let other = || (!kind.is_file()).then_some("something else");
    kinds.into_iter().find_map(|(is, word)| is.then_some(word)).or_else(other)
}

fn check(metadata: &Metadata) -> Result<()> {
    irregular(metadata.file_type()).map_or(Ok(()), |kind| Err(Unread::Irregular(kind)))
}

/// Opens a regular file. Opening some devices has effects, so the path is looked at first; what counts is the opened file.
pub(crate) fn open(path: &Path) -> Result<File> {
    check(&path.metadata().map_err(Unread::new)?)?;
    let flags = OFlag::O_NONBLOCK | OFlag::O_NOCTTY;
    let file = OpenOptions::new().read(true).custom_flags(flags.bits()).open(path).map_err(Unread::new)?;
    check(&file.metadata().map_err(Unread::new)?)?;
    Ok(file)
}

/// Reads a regular file of at most so many bytes. Files may grow, and those of /proc have no size: the bytes themselves are counted.
pub(crate) fn read(path: &Path, most: u64) -> Result<Vec<u8>> {
    let file = open(path)?;
    let size = file.metadata().map_err(Unread::new)?.len();
    if size > most {
        return Err(Unread::TooLarge(most));
    }
    take(file, most, usize::try_from(size).unwrap_or_default())
}

/// Everything up to the end, where that comes in time.
pub(crate) fn take(from: impl Read, most: u64, expected: usize) -> Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(expected + 1);
    from.take(most + 1).read_to_end(&mut bytes).map_err(Unread::new)?;
    if bytes.len() as u64 > most { Err(Unread::TooLarge(most)) } else { Ok(bytes) }
}

/// Reads a file that the user named on the command line: it may lie anywhere, and may be a pipe, as `<(…)` of a shell is.
pub(crate) fn read_named(path: &Path, most: u64) -> Result<Vec<u8>> {
    match read(path, most) {
        Err(Unread::Irregular(PIPE)) => read_pipe(path, most),
        read => read,
    }
}

/// Reads stdin: up to its end, and for a limited time unless a user types it into a terminal.
pub(crate) fn read_stdin(most: u64) -> Result<Vec<u8>> {
    let read = move || take(io::stdin(), most, 0);
    if io::stdin().is_terminal() { read() } else { in_time(read) }
}

/// Opening a pipe without a writer blocks too.
fn read_pipe(path: &Path, most: u64) -> Result<Vec<u8>> {
    let path = path.to_path_buf();
    in_time(move || File::open(path).map_err(Unread::new).and_then(|file| take(file, most, 0)))
}

/// Reads in another thread, and gives up after the time limit.
fn in_time(read: impl FnOnce() -> Result<Vec<u8>> + Send + 'static) -> Result<Vec<u8>> {
    let limit = limits::pipe().map_err(Unread::Unlimited)?;
    let (sender, receiver) = channel();
    thread::spawn(move || sender.send(read()));
    receiver.recv_timeout(limit).unwrap_or(Err(Unread::Endless(limit.as_secs())))
}

/// The real path of something in a folder; an error where it lies outside, by its own name or behind a link.
pub(crate) fn locate(root: &Path, name: &str) -> Result<PathBuf> {
    let path = root.join(name);
    path.symlink_metadata().map_err(Unread::new)?;
    let real = path.canonicalize().map_err(|_| Unread::Dangling)?;
    let root = root.canonicalize().map_err(Unread::new)?;
    if real.starts_with(root) { Ok(real) } else { Err(Unread::Outside) }
}

/// Reads a file of a folder.
pub(crate) fn read_in(root: &Path, name: &str, most: u64) -> Result<Vec<u8>> {
    read(&locate(root, name)?, most)
}

/// The same as text; none where there is no such text.
pub(crate) fn text_in(root: &Path, name: &str, most: u64) -> Option<String> {
    String::from_utf8(read_in(root, name, most).ok()?).ok()
}

/// Whether a folder of a project has a regular file of this name.
pub(crate) fn has(root: &Path, name: &str) -> bool {
    locate(root, name).is_ok_and(|path| path.is_file())
}

/// A walk through a folder that obeys ignore files, where these are regular files.
///
/// `.git/info/exclude` is not read: it is no part of the project, and other machines do not have it.
pub(crate) fn walk(folder: &Path) -> WalkBuilder {
    let mut walk = WalkBuilder::new(folder);
    let plain = has_plain_rules(folder);
    let above = folder.canonicalize().is_ok_and(|folder| folder.ancestors().skip(1).all(has_plain_rules));
    walk.require_git(false).git_exclude(false).git_ignore(plain).ignore(plain).parents(above);
    walk.filter_entry(is_walked);
    walk
}

/// Whether a walk may enter a folder: the rules in it are opened on the way.
pub(crate) fn is_walked(entry: &ignore::DirEntry) -> bool {
    let folder = entry.depth() > 0 && entry.file_type().is_some_and(|kind| kind.is_dir());
    !folder || has_plain_rules(entry.path())
}

/// Whether the ignore files of a folder are regular and small; git itself does not follow links there either.
fn has_plain_rules(folder: &Path) -> bool {
    irregular_rules(folder).is_none()
}

/// The ignore file of a folder that is not regular or not small: a walk does not enter that folder.
pub(crate) fn irregular_rules(folder: &Path) -> Option<PathBuf> {
    let is_plain = |file: &PathBuf| {
        let metadata = file.symlink_metadata();
        metadata.map_or(true, |metadata| metadata.is_file() && metadata.len() <= IGNORE_FILE)
    };
    IGNORE_FILES.iter().map(|name| folder.join(name)).find(|file| !is_plain(file))
}

/// Whether a file, and what it links to, belongs to the user; with sudo, also to the user who typed it. git's `safe.directory` has the
/// same rule.
pub(crate) fn is_ours(path: &Path) -> bool {
    let user = geteuid().as_raw();
    let sudo = || std::env::var("SUDO_UID").ok()?.parse::<u32>().ok();
    is_owned(path, |owner| owner == user || user == 0 && Some(owner) == sudo())
}

/// Whether a file, and what it links to, belongs to the user or to root, who can change everything anyway.
pub(crate) fn is_ours_or_roots(path: &Path) -> bool {
    is_ours(path) || is_owned(path, |owner| owner == 0)
}

/// Whether a file, and what it links to, belongs to the owner of a folder.
pub(crate) fn has_owner_of(path: &Path, folder: &Path) -> bool {
    folder.metadata().is_ok_and(|folder| is_owned(path, |owner| owner == folder.uid()))
}

fn is_owned(path: &Path, by: impl Fn(u32) -> bool) -> bool {
    let metadata = [path.symlink_metadata(), path.metadata()];
    metadata.into_iter().all(|metadata| metadata.is_ok_and(|metadata| by(metadata.uid())))
}
