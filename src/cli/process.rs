//! Sets the process up before it does anything else. A system that refuses a step does not keep the program from
//! starting.

/// Keeps secrets out of core dumps, and lets a write beyond the limit on the size of files (`ulimit -f`) fail, as on a
/// full disk, instead of ending the process.
#[cfg(unix)]
pub(super) fn prepare() {
    let _ = rlimit::setrlimit(rlimit::Resource::CORE, 0, 0);
    // A handled signal does not end the process, and the write fails with an error that says why.
    let _ = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, std::sync::Arc::default());
    no_dumps();
}

/// Turns off core dumps that go to a program (systemd-coredump, apport), for which the limit does not count. This also
/// keeps other programs of the same user from reading this process's memory and environment; `strace -p` and debuggers
/// need root.
#[cfg(target_os = "linux")]
fn no_dumps() {
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
}

#[cfg(all(unix, not(target_os = "linux")))]
fn no_dumps() {}

/// Other systems have neither.
#[cfg(not(unix))]
pub(super) fn prepare() {}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    #[test]
    fn this_process_leaves_no_core_dump() {
        super::prepare();
        assert_eq!(rlimit::getrlimit(rlimit::Resource::CORE).unwrap(), (0, 0));
        let behaviour = rustix::process::dumpable_behavior().unwrap();
        assert_eq!(behaviour, rustix::process::DumpableBehavior::NotDumpable);
    }
}
