//! What the process asks of the system before it does anything else. A system that refuses is no reason not to start.

/// Keeps secrets out of core dumps, and lets a write beyond the limit on the size of files (`ulimit -f`) fail, as on a
/// full disk, instead of ending the process.
#[cfg(unix)]
pub(super) fn prepare() {
    let _ = rlimit::setrlimit(rlimit::Resource::CORE, 0, 0);
    // A signal that somebody handles does not end the process. What it means is in the error of the write.
    let _ = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, std::sync::Arc::default());
    no_dumps();
}

/// A core dump that goes to a program (systemd-coredump, apport) does not ask for the limit. This also keeps other
/// programs of the same user from reading this process's memory and environment; `strace -p` and debuggers need root.
#[cfg(target_os = "linux")]
fn no_dumps() {
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
}

#[cfg(all(unix, not(target_os = "linux")))]
fn no_dumps() {}

/// Elsewhere there is neither.
#[cfg(not(unix))]
pub(super) fn prepare() {}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    #[test]
    fn nothing_of_this_process_is_dumped() {
        super::prepare();
        assert_eq!(rlimit::getrlimit(rlimit::Resource::CORE).unwrap(), (0, 0));
        let behaviour = rustix::process::dumpable_behavior().unwrap();
        assert_eq!(behaviour, rustix::process::DumpableBehavior::NotDumpable);
    }
}
