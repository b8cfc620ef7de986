//! Listening at an address or a unix socket.

use crate::email::config::Place;
use crate::email::tls::Line;
use std::io;
use std::os::unix::fs::FileTypeExt as _;
use std::path::{Path, PathBuf};
use tokio::net::{TcpListener, UnixListener, UnixStream};

/// Something that accepts connections.
pub(super) enum Listener {
    Tcp(TcpListener),
    Unix(UnixListener, SocketFile),
}

impl Listener {
    /// Begins to listen.
    pub(super) async fn open(place: &Place) -> io::Result<Self> {
        match place {
            Place::Tcp(address) => Ok(Self::Tcp(TcpListener::bind(address).await?)),
            Place::Unix(path) => {
                clear(path).await?;
                let listener = UnixListener::bind(path)?;
                Ok(Self::Unix(listener, SocketFile(path.clone())))
            }
        }
    }

    /// The next connection. Cancel safe.
    pub(super) async fn accept(&self) -> io::Result<Box<dyn Line>> {
        match self {
            Self::Tcp(listener) => {
                let (line, _from) = listener.accept().await?;
                line.set_nodelay(true)?;
                Ok(Box::new(line))
            }
            Self::Unix(listener, _file) => Ok(Box::new(listener.accept().await?.0)),
        }
    }
}

/// Removes the socket that a dead process left behind, and nothing else.
async fn clear(path: &Path) -> io::Result<()> {
    match UnixStream::connect(path).await {
        Ok(_alive) => Err(io::Error::new(io::ErrorKind::AddrInUse, "somebody listens there")),
        // A file that is no socket refuses connections as well.
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            if std::fs::symlink_metadata(path)?.file_type().is_socket() {
                std::fs::remove_file(path)
            } else {
                Err(io::Error::new(
                    io::ErrorKind::AlreadyExists,
                    "there is a file that is no socket",
                ))
            }
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// The socket's file, which goes with its listener.
pub(super) struct SocketFile(PathBuf);

impl Drop for SocketFile {
    fn drop(&mut self) {
        // Whoever comes next clears what stays.
        drop(std::fs::remove_file(&self.0));
    }
}
