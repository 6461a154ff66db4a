//! The value of `install.with`: the name of an installer in the table.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use crate::knowledge::InstallerRow;

/// An installer, by its row.
#[derive(Debug, Clone, Copy)]
pub struct Installer(pub(crate) &'static InstallerRow);

impl PartialEq for Installer {
    fn eq(&self, other: &Self) -> bool {
        self.0.name == other.0.name
    }
}

impl<'de> Deserialize<'de> for Installer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        let row = InstallerRow::named(&name).ok_or_else(|| D::Error::unknown_variant(&name, InstallerRow::names()))?;
        Ok(Self(row))
    }
}
