//! A real IMAP server (Dovecot) for each test, in a folder of its own, with the faults that one can
//! have. It runs as an unprivileged user: as ours, or as `nobody` where the tests run as root, whom
//! Dovecot gives no mail.

mod authority;
mod person;
mod wire;

pub use authority::Authority;
pub use person::Person;
pub use wire::Wire;

use crate::eventually::{eventually, holds};
use crate::port::Port;
use crate::process::Process;
use rustix::process::{Pid, Signal, kill_process_group};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The password of every user.
pub const PASSWORD: &str = "CANARY-mailbox-password";

/// A running (or killed) Dovecot. Whoever logs in has a mailbox.
#[derive(Debug)]
pub struct MailServer {
    folder: PathBuf,
    person: Person,
    authority: Authority,
    imap: Port,
    imaps: Port,
    lmtp: Port,
    process: Option<Process>,
}

impl MailServer {
    /// Starts one that keeps its files in `folder`.
    ///
    /// # Panics
    /// When it does not answer within ten seconds.
    pub async fn start(folder: &Path) -> Self {
        let person = Person::unprivileged();
        person.make_folder(folder);
        let mut server = Self {
            folder: folder.to_owned(),
            authority: Authority::make(folder),
            person,
            imap: Port::take(),
            imaps: Port::take(),
            lmtp: Port::take(),
            process: None,
        };
        std::fs::write(server.config_file(), server.config()).unwrap();
        server.restart().await;
        server
    }

    /// Where it listens for IMAP.
    pub fn imap_port(&self) -> u16 {
        self.imap.number()
    }

    /// Where it listens for IMAP within TLS.
    pub fn imaps_port(&self) -> u16 {
        self.imaps.number()
    }

    /// Who vouches for it, as `127.0.0.1`.
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// Where it listens for LMTP.
    pub fn lmtp_port(&self) -> u16 {
        self.lmtp.number()
    }

    /// Kills it and all its children with -9. What it was told to keep stays.
    ///
    /// # Panics
    /// When it cannot be killed.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            kill_group(&mut process);
        }
    }

    /// Starts it again on its files.
    ///
    /// # Panics
    /// When it does not answer within ten seconds.
    pub async fn restart(&mut self) {
        self.kill();
        drop(std::fs::remove_file(self.folder.join("run/master.pid")));
        let mut command = Command::new(program(&["dovecot"]));
        command.arg("-F").arg("-c").arg(self.config_file()).process_group(0);
        self.person.runs(&mut command);
        self.process = Some(Process::start("dovecot", &mut command, &self.folder));
        eventually("dovecot greets", async || self.greets().await).await;
    }

    async fn greets(&self) -> Result<(), String> {
        for port in [self.imap_port(), self.lmtp_port()] {
            let mut wire = Wire::open(port).await.map_err(|error| error.to_string())?;
            let greeting = wire.line().await.map_err(|error| error.to_string())?;
            holds(greeting.starts_with("* OK") || greeting.starts_with("220"), greeting)?;
        }
        Ok(())
    }

    /// Delivers a letter as a mail server does, and hears that it is kept.
    ///
    /// # Panics
    /// When it is not taken.
    pub async fn deliver(&self, user: &str, letter: &str) {
        let mut wire = Wire::open(self.lmtp_port()).await.unwrap();
        let answer = wire.deliver("LHLO", "sender@elsewhere.test", user, letter).await.unwrap();
        assert!(answer.starts_with("250"), "dovecot says {answer}");
    }

    /// Puts letters into a user's inbox as if they had been delivered, many at once: files in their
    /// place, which the server finds when somebody looks.
    ///
    /// # Panics
    /// When they cannot be written.
    pub fn lay(&self, user: &str, letters: impl Iterator<Item = impl AsRef<[u8]>>) {
        let maildir = self.maildir(user, "INBOX");
        let person = self.folder.join("mail").join(user);
        let (new, beside) = (maildir.join("new"), maildir.join("tmp"));
        for folder in [&person, &maildir, &new, &beside, &maildir.join("cur")] {
            self.person.make_folder(folder);
        }
        for (n, letter) in letters.enumerate() {
            let name = format!("{}.M{n:07}.laid", 1_800_000_000 + n);
            let part = beside.join(&name);
            std::fs::write(&part, letter).unwrap();
            self.person.owns(&part);
            // From here on it is the server's.
            std::fs::rename(&part, new.join(&name)).unwrap();
        }
    }

    /// The letters in a folder of a user, as they lie there, the oldest first.
    ///
    /// # Panics
    /// When they cannot be read.
    pub fn letters(&self, user: &str, folder: &str) -> Vec<String> {
        let mut files = self.files(user, folder);
        files.sort();
        files.into_iter().map(|file| std::fs::read_to_string(file).unwrap()).collect()
    }

    /// How many letters in a folder were seen.
    pub fn seen(&self, user: &str, folder: &str) -> usize {
        let flags = |file: &PathBuf| {
            let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
            name.rsplit_once(":2,").is_some_and(|(_, flags)| flags.contains('S'))
        };
        self.files(user, folder).iter().filter(|file| flags(file)).count()
    }

    fn files(&self, user: &str, folder: &str) -> Vec<PathBuf> {
        let maildir = self.maildir(user, folder);
        let below = ["new", "cur"].into_iter().filter_map(|part| {
            let entries = std::fs::read_dir(maildir.join(part)).ok()?;
            Some(entries.filter_map(Result::ok).map(|entry| entry.path()))
        });
        below.flatten().collect()
    }

    fn maildir(&self, user: &str, folder: &str) -> PathBuf {
        let maildir = self.folder.join("mail").join(user).join("Maildir");
        if folder == "INBOX" { maildir } else { maildir.join(format!(".{folder}")) }
    }

    /// Numbers a mailbox anew: another UIDVALIDITY, other UIDs. The server must be down.
    ///
    /// # Panics
    /// When it is up, or the files are not as expected.
    pub fn number_anew(&self, user: &str) {
        assert!(self.process.is_none(), "dovecot would write its old numbers again");
        let maildir = self.maildir(user, "INBOX");
        let list = maildir.join("dovecot-uidlist");
        let text = std::fs::read_to_string(&list).unwrap();
        let validity = text.split_whitespace().find_map(|word| word.strip_prefix('V')).unwrap();
        let validity: u32 = validity.parse().unwrap();
        let guid = text.split_whitespace().find(|word| word.starts_with('G')).unwrap();
        // Without entries, every letter gets the next number.
        std::fs::write(&list, format!("3 V{} N5000 {guid}\n", validity + 1)).unwrap();
        for name in ["dovecot.index", "dovecot.index.log", "dovecot.index.cache"] {
            drop(std::fs::remove_file(maildir.join(name)));
        }
    }

    fn config_file(&self) -> PathBuf {
        self.folder.join("dovecot.conf")
    }

    fn config(&self) -> String {
        let Self { folder, person, authority, .. } = self;
        let (folder, user, group) = (folder.display(), &person.user, &person.group);
        let (imap, imaps, lmtp) = (self.imap_port(), self.imaps_port(), self.lmtp_port());
        let (certificate, key) = (authority.certificate.display(), authority.key.display());
        format!(
            "base_dir = {folder}/run\nstate_dir = {folder}/run\n\
             log_path = /dev/stderr\ninfo_log_path = /dev/stderr\n\
             protocols = imap lmtp\nlisten = 127.0.0.1\nssl = yes\n\
             ssl_cert = <{certificate}\nssl_key = <{key}\n\
             disable_plaintext_auth = no\nauth_failure_delay = 0\n\
             default_login_user = {user}\ndefault_internal_user = {user}\n\
             default_internal_group = {group}\n\
             mail_location = maildir:~/Maildir\nmail_fsync = always\n\
             first_valid_uid = 1\nfirst_valid_gid = 1\n\
             mail_max_userip_connections = 100\n\
             passdb {{\n driver = static\n args = password={PASSWORD}\n}}\n\
             userdb {{\n driver = static\n args = uid={user} gid={group} \
             home={folder}/mail/%u allow_all_users=yes\n}}\n\
             service imap-login {{\n chroot =\n \
             inet_listener imap {{\n port = {imap}\n }}\n \
             inet_listener imaps {{\n port = {imaps}\n ssl = yes\n }}\n}}\n\
             service anvil {{\n chroot =\n}}\nservice stats {{\n chroot =\n}}\n\
             service lmtp {{\n inet_listener lmtp {{\n port = {lmtp}\n }}\n}}\n"
        )
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Kills a process that leads a group, and the group.
pub(crate) fn kill_group(process: &mut Process) {
    let id = i32::try_from(process.id()).unwrap();
    if process.ended().is_none() {
        kill_process_group(Pid::from_raw(id).unwrap(), Signal::KILL).unwrap();
    }
    process.kill();
}

/// Where the first of these programs is: systems keep servers out of the search path of users.
pub(crate) fn program(names: &[&str]) -> PathBuf {
    let folders = ["/usr/sbin", "/usr/local/sbin", "/opt/homebrew/sbin", "/usr/bin"];
    let mut places = names
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| Path::new(folder).join(name)));
    places.find(|file| file.exists()).unwrap_or_else(|| PathBuf::from(names[0]))
}
