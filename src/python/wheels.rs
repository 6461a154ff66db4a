//! Which wheels pip installs in a container, by the tags at the end of their file names:
//! <https://packaging.python.org/en/latest/specifications/platform-compatibility-tags/>.

use crate::paths::has_extension;

/// The newest glibc of the releases: wheels for a newer one do not fit.
const GLIBC: [(&str, u32); 2] = [("bookworm", 36), ("trixie", 41)];

/// Whether a wheel fits a Python such as 13 of 3.13, on a Debian such as `trixie`, on one of the usual machines.
pub(crate) fn fits(wheel: &str, python: u32, debian: &str) -> bool {
    let mut tags = wheel.trim_end_matches(".whl").rsplit('-');
    let (Some(platforms), Some(abis), Some(pythons)) = (tags.next(), tags.next(), tags.next()) else { return false };
    platforms.split('.').any(|platform| is_platform(platform, debian))
        && pythons.split('.').any(|tag| abis.split('.').any(|abi| is_python(tag, abi, python)))
}

fn is_python(tag: &str, abi: &str, python: u32) -> bool {
    let own = format!("cp3{python}");
    let minor_of = |start: &str| tag.strip_prefix(start).and_then(|minor| minor.parse::<u32>().ok());
    match abi {
        "abi3" => minor_of("cp3").is_some_and(|minor| minor <= python),
        "none" => tag == "py3" || tag == own || minor_of("py3").is_some_and(|minor| minor <= python),
        abi => abi == own && tag == own,
    }
}

fn is_platform(platform: &str, debian: &str) -> bool {
    let newest = GLIBC.iter().find(|(release, _)| *release == debian).map_or(u32::MAX, |(_, glibc)| *glibc);
    let Some(rest) = ["_x86_64", "_aarch64"].iter().find_map(|machine| platform.strip_suffix(machine)) else {
        return platform == "any";
    };
    let glibc = rest.strip_prefix("manylinux_2_").map(|glibc| glibc.parse().unwrap_or(u32::MAX));
    glibc.map_or_else(|| ["manylinux1", "manylinux2010", "manylinux2014", "linux"].contains(&rest), |glibc| glibc <= newest)
}

/// Whether this is the file name of a wheel.
pub(crate) fn is_wheel(file: &str) -> bool {
    has_extension(file, &["whl"])
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_wheel_fits_by_python_abi_and_platform() {
        for (wheel, fits) in [
            ("a-1.0-py3-none-any.whl", true),
            ("a-1.0-py2.py3-none-any.whl", true),
            ("a-1.0-1-cp313-cp313-manylinux_2_17_x86_64.manylinux2014_x86_64.whl", true),
            ("a-1.0-cp313-cp313-manylinux_2_28_aarch64.whl", true),
            ("a-1.0-cp39-abi3-manylinux_2_28_x86_64.whl", true),
            ("a-1.0-cp39.cp310-abi3-manylinux_2_28_x86_64.whl", true),
            ("a-1.0-py3-none-manylinux1_x86_64.whl", true),
            ("a-1.0-py38-none-any.whl", true),
            ("a-1.0-cp314-abi3-manylinux_2_28_x86_64.whl", false),
            ("a-1.0-cp312-cp312-manylinux_2_28_x86_64.whl", false),
            ("a-1.0-cp313-cp313t-manylinux_2_28_x86_64.whl", false),
            ("a-1.0-cp313-cp313-musllinux_1_2_x86_64.whl", false),
            ("a-1.0-cp313-cp313-win_amd64.whl", false),
            ("a-1.0-cp313-cp313-macosx_11_0_arm64.whl", false),
            ("a-1.0-cp313-cp313-manylinux_2_28_i686.whl", false),
            ("a-1.0-cp313-cp313-manylinux_2_42_x86_64.whl", false),
            ("a-1.0-py2-none-any.whl", false),
            ("a.whl", false),
        ] {
            assert_eq!(super::fits(wheel, 13, "trixie"), fits, "{wheel}");
        }
    }
}
