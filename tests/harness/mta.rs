//! A real mail server (Exim) for each test: takes letters by SMTP and hands them on by LMTP, again and
//! again until they are taken.

use crate::eventually::{eventually, holds};
use crate::mail_server::{Authority, Person, Wire, kill_group, program};
use crate::port::Port;
use crate::process::Process;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// This local part is unknown to it.
pub const UNKNOWN: &str = "nobody-here";
/// This one is asked to come again later.
pub const GREY: &str = "grey";
/// Letters for this one are refused whatever they say.
pub const STRICT: &str = "strict";
/// The user and password that it knows.
pub const USER: (&str, &str) = ("desk", "CANARY-smtp-password");

/// A running Exim.
#[derive(Debug)]
pub struct Mta {
    folder: PathBuf,
    authority: Authority,
    smtp: Port,
    smtps: Port,
    process: Option<Process>,
}

impl Mta {
    /// Starts one that keeps its files in `folder` and hands every letter on to an LMTP port.
    ///
    /// # Panics
    /// When it does not answer within ten seconds.
    pub async fn start(folder: &Path, lmtp_port: u16) -> Self {
        let person = Person::unprivileged();
        person.make_folder(folder);
        let (smtp, smtps) = (Port::take(), Port::take());
        let authority = Authority::make(folder);
        let file = folder.join("exim.conf");
        let folder = folder.to_owned();
        let mut mta = Self { folder, authority, smtp, smtps, process: None };
        std::fs::write(&file, mta.config(&person, lmtp_port)).unwrap();
        let mut command = Command::new(program(&["exim4", "exim"]));
        // In the foreground, and a look into the queue each second.
        command.arg("-C").arg(&file).args(["-bdf", "-q1s"]).process_group(0);
        person.runs(&mut command);
        mta.process = Some(Process::start("exim", &mut command, &mta.folder));
        eventually("exim greets", async || mta.greets().await).await;
        mta
    }

    /// Where it takes letters.
    pub fn port(&self) -> u16 {
        self.smtp.number()
    }

    /// Where it takes letters within TLS.
    pub fn tls_port(&self) -> u16 {
        self.smtps.number()
    }

    /// Who vouches for it, as `127.0.0.1`.
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// What it wrote down.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("mainlog")).unwrap_or_default()
    }

    async fn greets(&self) -> Result<(), String> {
        let mut wire = Wire::open(self.port()).await.map_err(|error| error.to_string())?;
        let greeting = wire.answer().await.map_err(|error| error.to_string())?;
        holds(greeting.starts_with("220"), greeting)
    }

    /// Gives it a letter, which it takes.
    ///
    /// # Panics
    /// When it does not.
    pub async fn take(&self, from: &str, to: &str, letter: &str) {
        let mut wire = Wire::open(self.port()).await.unwrap();
        let answer = wire.deliver("EHLO", from, to, letter).await.unwrap();
        assert!(answer.starts_with("250"), "exim says {answer}");
    }

    fn config(&self, person: &Person, lmtp: u16) -> String {
        let (folder, user, group) = (self.folder.display(), &person.user, &person.group);
        let (login, password) = USER;
        let (smtp, smtps) = (self.port(), self.tls_port());
        let (certificate, key) =
            (self.authority.certificate.display(), self.authority.key.display());
        format!(
            "primary_hostname = mx.test\nexim_user = {user}\nexim_group = {group}\n\
         spool_directory = {folder}/spool\nlog_file_path = {folder}/%slog\n\
         pid_file_path = {folder}/exim.pid\nlocal_interfaces = 127.0.0.1\n\
         daemon_smtp_ports = {smtp} : {smtps}\n\
         tls_on_connect_ports = {smtps}\ntls_advertise_hosts = *\n\
         tls_certificate = {certificate}\ntls_privatekey = {key}\nhost_lookup =\nrfc1413_hosts =\n\
         keep_environment =\ndeliver_drop_privilege = true\nnever_users =\n\
         trusted_users = {user}\nacl_smtp_rcpt = to_whom\nacl_smtp_data = which\n\
         begin acl\nto_whom:\n \
         deny message = Unknown user\n  condition = ${{if eq{{$local_part}}{{{UNKNOWN}}}}}\n \
         defer message = 4.7.1 Greylisted, come again\n  \
         condition = ${{if eq{{$local_part}}{{{GREY}}}}}\n \
         accept\nwhich:\n \
         deny message = 5.7.1 Not this letter\n  \
         condition = ${{if match{{$recipients}}{{{STRICT}@}}}}\n \
         accept\n\
         begin routers\nonward:\n driver = accept\n transport = onward\n\
         begin transports\nonward:\n driver = smtp\n protocol = lmtp\n hosts = 127.0.0.1\n \
         port = {lmtp}\n hosts_override\n allow_localhost\n\
         begin retry\n* * F,1h,1s\n\
         begin authenticators\nplain:\n driver = plaintext\n public_name = PLAIN\n \
         server_prompts = :\n \
         server_condition = ${{if and{{{{eq{{$auth2}}{{{login}}}}}{{eq{{$auth3}}{{{password}}}}}}}}}\n \
         server_set_id = $auth2\n"
        )
    }
}

impl Drop for Mta {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            kill_group(&mut process);
        }
    }
}
