//! A real proxy (Kamailio) for each test: it asks everybody who calls who they are, stays on the way of what
//! follows, and hands calls on to one telephone.

use crate::eventually::{eventually, holds};
use crate::mail_server::{kill_group, program};
use crate::port::Port;
use crate::process::Process;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The user whom it knows, and their password.
pub const USER: (&str, &str) = ("desk", "CANARY-trunk-password");

/// Where systems keep its modules.
const MODULES: [&str; 4] = [
    "/usr/lib/x86_64-linux-gnu/kamailio/modules",
    "/usr/lib/aarch64-linux-gnu/kamailio/modules",
    "/usr/lib64/kamailio/modules",
    "/usr/lib/kamailio/modules",
];

/// A running Kamailio.
#[derive(Debug)]
pub struct Kamailio {
    process: Process,
    port: Port,
}

impl Kamailio {
    /// Starts one that wants its questions answered with this hash (`MD5`, `SHA-256`) and hands calls on to
    /// this port of this machine.
    ///
    /// # Panics
    /// When it does not come up within ten seconds.
    pub async fn start(folder: &Path, algorithm: &str, to: u16) -> Self {
        std::fs::create_dir_all(folder).unwrap();
        let port = Port::take();
        let file = folder.join("kamailio.cfg");
        std::fs::write(&file, config(port.number(), algorithm, to)).unwrap();
        let mut command = Command::new(program(&["kamailio"]));
        command.arg("-f").arg(&file).args(["-DD", "-E", "-m", "32", "-M", "8", "-n", "1", "-Y"]);
        command.arg(folder).arg("-w").arg(folder).process_group(0);
        let process = Process::start("kamailio", &mut command, folder);
        let kamailio = Self { process, port };
        let at = format!(":{:04X} ", kamailio.port());
        eventually("kamailio listens", async || {
            let table = std::fs::read_to_string("/proc/net/udp").unwrap_or_default();
            holds(table.contains(&at), kamailio.process.output())
        })
        .await;
        kamailio
    }

    /// Where it listens, with UDP and TCP.
    pub fn port(&self) -> u16 {
        self.port.number()
    }

    /// What it wrote down: who was let in, and who was not.
    pub fn output(&self) -> String {
        self.process.output()
    }
}

impl Drop for Kamailio {
    fn drop(&mut self) {
        kill_group(&mut self.process);
    }
}

fn config(port: u16, algorithm: &str, to: u16) -> String {
    let modules = MODULES.iter().map(PathBuf::from).find(|folder| folder.exists());
    let modules = modules.unwrap_or_default().display().to_string();
    let (user, password) = USER;
    format!(
        r#"#!KAMAILIO
debug=2
log_stderror=yes
children=1
tcp_children=1
auto_aliases=no
listen=udp:127.0.0.1:{port}
listen=tcp:127.0.0.1:{port}
mpath="{modules}"
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "maxfwd.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "xlog.so"
loadmodule "auth.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
modparam("auth", "algorithm", "{algorithm}")
modparam("auth", "qop", "auth")
modparam("usrloc", "db_mode", 0)
request_route {{
    if (!mf_process_maxfwd_header("10")) {{ sl_send_reply("483", "Too Many Hops"); exit; }}
    if (is_method("OPTIONS") && uri == myself) {{ sl_send_reply("200", "OK"); exit; }}
    if (is_method("CANCEL")) {{ if (t_check_trans()) {{ t_relay(); }} exit; }}
    if (has_totag()) {{
        if (loose_route()) {{ t_relay(); exit; }}
        if (is_method("ACK")) {{ if (t_check_trans()) {{ t_relay(); }} exit; }}
        sl_send_reply("404", "Not here");
        exit;
    }}
    if (is_method("REGISTER")) {{
        if (!pv_www_authenticate("hutong.test", "{password}", "0") || $au != "{user}") {{
            xlog("L_WARN", "HUTONG asked REGISTER\n");
            www_challenge("hutong.test", "1");
            exit;
        }}
        xlog("L_WARN", "HUTONG registered $hdr(Contact) expires $hdr(Expires)\n");
        save("location");
        exit;
    }}
    if (is_method("INVITE")) {{
        if (!pv_proxy_authenticate("hutong.test", "{password}", "0") || $au != "{user}") {{
            xlog("L_WARN", "HUTONG asked INVITE\n");
            proxy_challenge("hutong.test", "1");
            exit;
        }}
        consume_credentials();
        xlog("L_WARN", "HUTONG let in INVITE\n");
        record_route();
        $du = "sip:127.0.0.1:{to}";
        t_relay();
        exit;
    }}
    sl_send_reply("405", "Method Not Allowed");
}}
"#
    )
}
