//! Instructions of a Dockerfile that name places, images and users, without the passwords that someone wrote there.

use crate::secrets::is_word_with_digits;

const HIDDEN: &str = "***";

/// Groups that images have.
const GROUPS: [&str; 10] = ["app", "appgroup", "appuser", "daemon", "nobody", "nogroup", "root", "staff", "users", "www-data"];

/// An instruction with `***` for what follows the colon of `user:password`.
pub(super) fn shown_place(line: &str) -> String {
    let is_image = |word: &str| line.trim_start().starts_with("FROM ") || word.starts_with("--from=");
    let shown = |word: &str| {
        let bare = word.trim_end_matches(['"', '\'', ',', ']', '\n']);
        let (Some((before, told)), rest) = (bare.rsplit_once(':'), &word[bare.len()..]) else { return word.to_owned() };
        let harmless = if is_image(word) { is_tag(told) } else { is_group(before, told) };
        if harmless { word.to_owned() } else { format!("{before}:{HIDDEN}{rest}") }
    };
    line.split(' ').map(shown).collect::<Vec<String>>().join(" ")
}

/// `3.14-slim`, `bookworm`, `5000/team/shop`, a digest: anything but a word with a number, the form of many passwords.
fn is_tag(tag: &str) -> bool {
    !tag.is_empty() && !is_word_with_digits(tag)
}

/// `app` behind `--chown=app`, `1000`, `staff`, `/data` behind another path.
fn is_group(user: &str, group: &str) -> bool {
    let user = user.rsplit('=').next().unwrap_or(user);
    let number = !group.is_empty() && group.len() <= 5 && group.bytes().all(|digit| digit.is_ascii_digit());
    number || group == user || GROUPS.contains(&group) || group.starts_with(['/', '$'])
}
