//! Files of this process's user alone: the database holds what people say and the key that signs links.
//!
//! Never makes a file more open than it is.

use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

/// What a file of ours may be: read and written by its owner.
const FILE: u32 = 0o600;
/// What a folder of ours may be.
const FOLDER: u32 = 0o700;

/// Creates a folder, and those it lies in, unless it is there; one that is there stays as it is, for it may be shared.
pub(super) fn create_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(FOLDER).create(path)
}

/// Creates an empty file, or opens the one that is there.
pub(super) fn create(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).truncate(false).write(true).mode(FILE).open(path)
}

/// Creates a file that must not be there yet.
pub(super) fn create_new(path: &Path) -> io::Result<File> {
    OpenOptions::new().create_new(true).write(true).mode(FILE).open(path)
}

/// Takes others' rights to a file of ours away, and says so. A file that is not there, or is not ours to change, stays.
pub(super) fn tighten(path: &Path) -> io::Result<()> {
    let about = match std::fs::metadata(path) {
        Ok(about) => about,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    let mode = about.permissions().mode() & 0o777;
    if mode & !FILE == 0 {
        return Ok(());
    }
    match std::fs::set_permissions(path, Permissions::from_mode(mode & FILE)) {
        Ok(()) => {
            let file = path.display();
            tracing::info!(%file, "a file that others could read is now for its owner alone");
            Ok(())
        }
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            let file = path.display();
            tracing::warn!(%file, error = %error, "others can read this file, and that cannot be changed");
            Ok(())
        }
        Err(error) => Err(error),
    }
}

/// The file beside another one whose name goes on like this.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
