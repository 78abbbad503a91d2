//! What processes have used, as the kernel tells it in `/proc`.

use std::{collections::HashMap, fs};

use crate::trouble::{Result, While};

/// The kernel counts a process's time in hundredths of a second, on every architecture (`USER_HZ`).
const TICKS_A_SECOND: f64 = 100.0;

/// Counters of one process, in ticks.
struct Stat {
    parent: u32,
    own: u64,
    /// Of children that have ended and were waited for.
    ended: u64,
}

/// CPU seconds of a process so far, in user and kernel mode, all threads.
pub fn cpu_of(pid: u32) -> Result<f64> {
    stat(pid).map(|stat| seconds(stat.own)).during(|| format!("process {pid} is gone"))
}

/// The same of a process with its children, also those that have ended: PostgreSQL's sessions and workers.
pub fn cpu_of_family(pid: u32) -> Result<f64> {
    let mut all = HashMap::new();
    for entry in fs::read_dir("/proc")?.flatten() {
        let number = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok());
        if let Some(found) = number.and_then(|number| Some((number, stat(number)?))) {
            all.insert(found.0, found.1);
        }
    }
    let head = all.get(&pid).during(|| format!("process {pid} is gone"))?;
    let children = all.values().filter(|stat| stat.parent == pid);
    Ok(seconds(head.own + head.ended + children.map(|stat| stat.own + stat.ended).sum::<u64>()))
}

/// `pid (name) state ppid … utime stime cutime cstime …`; a name may hold anything.
fn stat(pid: u32) -> Option<Stat> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, rest) = text.rsplit_once(')')?;
    let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
    let number = |place: usize| fields.get(place)?.parse::<u64>().ok();
    Some(Stat {
        parent: fields.get(1)?.parse().ok()?,
        own: number(11)? + number(12)?,
        ended: number(13)? + number(14)?,
    })
}

fn seconds(ticks: u64) -> f64 {
    u32::try_from(ticks).map_or(f64::INFINITY, f64::from) / TICKS_A_SECOND
}

/// Memory of a process in MB.
#[derive(Clone, Copy, Debug, Default, serde::Serialize)]
pub struct Memory {
    pub resident: f64,
    /// The most that it was since the start, or since it was forgotten.
    pub peak: f64,
}

/// Has the kernel begin anew with the most that a process held.
pub fn forget_peak(pid: u32) -> Result<()> {
    fs::write(format!("/proc/{pid}/clear_refs"), "5").during(|| format!("forgetting the peak of process {pid}"))
}

pub fn memory_of(pid: u32) -> Result<Memory> {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).during(|| format!("process {pid} is gone"))?;
    let find = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim_start_matches(':').trim().trim_end_matches(" kB").parse::<u32>().ok()
    };
    let megabytes = |name| find(name).map(|kilobytes| f64::from(kilobytes) / 1024.0);
    let read = || Some(Memory { resident: megabytes("VmRSS")?, peak: megabytes("VmHWM")? });
    read().during(|| format!("no memory figures of process {pid}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_tells_its_time_and_memory() {
        let own = std::process::id();
        let before = cpu_of(own).unwrap();
        let mut sum = 0_u64;
        while cpu_of(own).unwrap() < before + 0.03 {
            sum = std::hint::black_box(sum.wrapping_add(1));
        }
        let memory = memory_of(own).unwrap();
        assert!(memory.resident > 1.0 && memory.peak >= memory.resident);
    }

    #[test]
    fn a_peak_is_forgotten() {
        let mut child = std::process::Command::new("sh")
            .args(["-c", "x=$(head -c 60000000 /dev/zero | tr '\\0' x); unset x; echo; read y"])
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        std::io::Read::read_exact(child.stdout.as_mut().unwrap(), &mut [0]).unwrap();
        assert!(memory_of(child.id()).unwrap().peak > 60.0);
        forget_peak(child.id()).unwrap();
        let memory = memory_of(child.id()).unwrap();
        assert!(memory.peak < 60.0, "{memory:?}");
        drop(child.stdin.take());
        child.wait().unwrap();
    }

    #[test]
    fn a_family_counts_children_that_have_ended() {
        let own = std::process::id();
        let before = cpu_of_family(own).unwrap();
        let busy = "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done";
        assert!(std::process::Command::new("sh").args(["-c", busy]).status().unwrap().success());
        assert!(cpu_of_family(own).unwrap() > before + 0.02);
    }
}
