//! Opens every file that dockgen reads. A path may lead to a pipe, a device, or through a link to anywhere, so opening never blocks, only
//! regular files up to a size limit are read, and a file of a project must be inside the project after links are resolved.

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
use crate::quote::shell_word;

/// The largest spec, preset or lockfile, in bytes.
pub(crate) const SPEC: u64 = 1 << 20;

/// The largest output, in bytes: far more than dockgen writes.
pub(crate) const OUTPUT: u64 = 8 << 20;

/// The ignore files that the `ignore` crate opens without our checks.
const IGNORE_FILES: [&str; 2] = [".gitignore", ".ignore"];

/// The largest ignore file, in bytes.
const IGNORE_FILE: u64 = 1 << 20;

/// The description of a pipe in errors.
const PIPE: &str = "a pipe";

/// Why dockgen can't or doesn't read a file.
#[derive(Debug)]
pub(crate) enum ReadError {
    Missing,
    /// It is outside the project, usually because of a symbolic link.
    Outside,
    /// A symbolic link to nothing, or to itself.
    Dangling,
    /// A directory, a pipe, a device or a socket; contains its description.
    Irregular(&'static str),
    /// It has more than this many bytes.
    TooLarge(u64),
    /// A pipe that didn't end within this many seconds.
    Endless(u64),
    /// The environment variable for the time limit is invalid.
    Unlimited(Error),
    Failed(io::Error),
}

type ReadResult<T> = Result<T, ReadError>;

/// The text of a file, which has this name in errors.
///
/// # Errors
/// It isn't UTF-8.
pub(crate) fn utf8(name: &str, bytes: Vec<u8>) -> Result<String, Error> {
    String::from_utf8(bytes).map_err(|_| not_utf8(name, "LATIN1"))
}

/// The error for a file in another encoding, with the one that it most likely has.
pub(crate) fn not_utf8(name: &str, encoding: &str) -> Error {
    let (file, new) = (shell_word(name), shell_word(&format!("{name}.new")));
    Error::new(format!("`{name}` is not UTF-8 text")).hint(format!(
        "convert it, with the encoding that it has: iconv -f {encoding} -t UTF-8 {file} > {new} && mv {new} {file}"
    ))
}

impl ReadError {
    pub(crate) fn error(&self, name: &str) -> Error {
        let (what, hint) = match self {
            Self::Unlimited(error) => (error.message.clone(), error.hint.clone().unwrap_or_default()),
            Self::Missing => (format!("cannot read `{name}`: no such file"), "check the path".to_owned()),
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

fn size(bytes: u64) -> String {
    if bytes < 1 << 20 { format!("{} KiB", bytes >> 10) } else { format!("{} MiB", bytes >> 20) }
}

/// A description of the file type, with an article. `None` for regular files.
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

fn check(metadata: &Metadata) -> ReadResult<()> {
    irregular(metadata.file_type()).map_or(Ok(()), |kind| Err(ReadError::Irregular(kind)))
}

/// Opens a regular file. Opening some devices has side effects, so the type is checked before, and again on the open file.
pub(crate) fn open(path: &Path) -> ReadResult<File> {
    check(&path.metadata().map_err(ReadError::new)?)?;
    let flags = OFlag::O_NONBLOCK | OFlag::O_NOCTTY;
    let file = OpenOptions::new().read(true).custom_flags(flags.bits()).open(path).map_err(ReadError::new)?;
    check(&file.metadata().map_err(ReadError::new)?)?;
    Ok(file)
}

/// Reads a regular file of at most `most` bytes. Counts the bytes it reads, as a file may grow and files in /proc report no size.
pub(crate) fn read(path: &Path, most: u64) -> ReadResult<Vec<u8>> {
    let file = open(path)?;
    let size = file.metadata().map_err(ReadError::new)?.len();
    if size > most {
        return Err(ReadError::TooLarge(most));
    }
    read_to_end(file, most, usize::try_from(size).unwrap_or_default())
}

/// Reads to the end, at most `most` bytes. `expected` is a size hint.
pub(crate) fn read_to_end(from: impl Read, most: u64, expected: usize) -> ReadResult<Vec<u8>> {
    let mut bytes = Vec::with_capacity(expected + 1);
    from.take(most + 1).read_to_end(&mut bytes).map_err(ReadError::new)?;
    if bytes.len() as u64 > most { Err(ReadError::TooLarge(most)) } else { Ok(bytes) }
}

/// Reads a file given on the command line. It may be anywhere, and may be a pipe such as a shell's `<(…)`.
pub(crate) fn read_named(path: &Path, most: u64) -> ReadResult<Vec<u8>> {
    match read(path, most) {
        Err(ReadError::Irregular(PIPE)) => read_pipe(path, most),
        read => read,
    }
}

/// Reads stdin to its end, with a time limit unless it is a terminal.
pub(crate) fn read_stdin(most: u64) -> ReadResult<Vec<u8>> {
    let read = move || read_to_end(io::stdin(), most, 0);
    if io::stdin().is_terminal() { read() } else { read_in_time(read) }
}

/// Opens the pipe within the time limit, too: without a writer, that blocks.
fn read_pipe(path: &Path, most: u64) -> ReadResult<Vec<u8>> {
    let path = path.to_path_buf();
    read_in_time(move || File::open(path).map_err(ReadError::new).and_then(|file| read_to_end(file, most, 0)))
}

/// Reads in another thread and gives up after the time limit.
fn read_in_time(read: impl FnOnce() -> ReadResult<Vec<u8>> + Send + 'static) -> ReadResult<Vec<u8>> {
    let limit = limits::pipe_timeout().map_err(ReadError::Unlimited)?;
    let (sender, receiver) = channel();
    thread::spawn(move || sender.send(read()));
    receiver.recv_timeout(limit).unwrap_or(Err(ReadError::Endless(limit.as_secs())))
}

/// Resolves a path in a folder. It is an error if it leads outside, by itself or through a link.
pub(crate) fn locate(root: &Path, name: &str) -> ReadResult<PathBuf> {
    let path = root.join(name);
    path.symlink_metadata().map_err(ReadError::new)?;
    let real = path.canonicalize().map_err(|_| ReadError::Dangling)?;
    let root = root.canonicalize().map_err(ReadError::new)?;
    if real.starts_with(root) { Ok(real) } else { Err(ReadError::Outside) }
}

/// Reads a file inside a folder, see [`locate`].
pub(crate) fn read_in(root: &Path, name: &str, most: u64) -> ReadResult<Vec<u8>> {
    read(&locate(root, name)?, most)
}

/// Like [`read_in`]. `None` if the file can't be read or isn't UTF-8.
pub(crate) fn text_in(root: &Path, name: &str, most: u64) -> Option<String> {
    String::from_utf8(read_in(root, name, most).ok()?).ok()
}

/// Whether a folder contains a regular file of this name, see [`locate`].
pub(crate) fn has_file(root: &Path, name: &str) -> bool {
    locate(root, name).is_ok_and(|path| path.is_file())
}

/// Walks a folder and follows ignore files, if they are regular and small.
///
/// `.git/info/exclude` is ignored: it isn't part of the project, so the result would differ between machines.
pub(crate) fn walk(folder: &Path) -> WalkBuilder {
    let mut walk = WalkBuilder::new(folder);
    let plain = has_plain_rules(folder);
    let above = folder.canonicalize().is_ok_and(|folder| folder.ancestors().skip(1).all(has_plain_rules));
    walk.require_git(false).git_exclude(false).git_ignore(plain).ignore(plain).parents(above);
    walk.filter_entry(is_walked);
    walk
}

/// Whether a walk may enter an entry. Entering a folder opens its ignore files.
pub(crate) fn is_walked(entry: &ignore::DirEntry) -> bool {
    let folder = entry.depth() > 0 && entry.file_type().is_some_and(|kind| kind.is_dir());
    !folder || has_plain_rules(entry.path())
}

/// Whether the ignore files of a folder are regular and small. git doesn't follow links there, either.
fn has_plain_rules(folder: &Path) -> bool {
    irregular_rules(folder).is_none()
}

/// The first ignore file of a folder that is irregular or too large. Walks skip such a folder.
pub(crate) fn irregular_rules(folder: &Path) -> Option<PathBuf> {
    let is_plain = |file: &PathBuf| {
        let metadata = file.symlink_metadata();
        metadata.map_or(true, |metadata| metadata.is_file() && metadata.len() <= IGNORE_FILE)
    };
    IGNORE_FILES.iter().map(|name| folder.join(name)).find(|file| !is_plain(file))
}

/// Whether a file and its link target belong to the user or, under sudo, to the user who ran sudo: the rule of git's
/// `safe.directory`.
pub(crate) fn is_ours(path: &Path) -> bool {
    let user = geteuid().as_raw();
    let sudo = || std::env::var("SUDO_UID").ok()?.parse::<u32>().ok();
    is_owned(path, |owner| owner == user || user == 0 && Some(owner) == sudo())
}

/// Whether a file and its link target each belong to the user or to root, who can change every file anyway.
pub(crate) fn is_ours_or_roots(path: &Path) -> bool {
    is_ours(path) || is_owned(path, |owner| owner == 0)
}

/// Whether a file and its link target belong to the owner of a folder.
pub(crate) fn has_owner_of(path: &Path, folder: &Path) -> bool {
    folder.metadata().is_ok_and(|folder| is_owned(path, |owner| owner == folder.uid()))
}

fn is_owned(path: &Path, by: impl Fn(u32) -> bool) -> bool {
    let metadata = [path.symlink_metadata(), path.metadata()];
    metadata.into_iter().all(|metadata| metadata.is_ok_and(|metadata| by(metadata.uid())))
}
