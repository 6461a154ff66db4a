//! What the kernel says of the processes in a container, whoever started it.

use serde_json::Value;

/// The command that prints them as JSON.
pub(crate) const COMMAND: [&str; 3] = ["python", "-Ic", include_str!("processes.py")];

/// How many processes run this server.
pub(crate) fn count(json: &str, server: &str) -> usize {
    let is_server = |process: &&Value| process["command"].as_str().is_some_and(|command| command.contains(server));
    parsed(json).iter().filter(is_server).count()
}

/// Proves what the processes may do: as the user of the spec, nothing.
pub(crate) fn prove_no_privileges(container: &str, json: &str, server: &str, uid: u64) {
    assert!(count(json, server) > 0, "{container}: {server} runs: {json}");
    let uid = uid.to_string();
    for process in parsed(json) {
        let own = |id: &Value| *id == *uid;
        assert!(process["uids"].as_array().unwrap().iter().all(own), "{container}: every process is user {uid}: {process:#}");
        for set in ["capabilities", "capabilities-to-gain"] {
            assert_eq!(process[set], "0000000000000000", "{container}: no process has {set}: {process:#}");
        }
        assert_eq!(process["no-new-privileges"], "1", "{container}: no process can gain privileges: {process:#}");
    }
}

fn parsed(json: &str) -> Vec<Value> {
    serde_json::from_str(json).unwrap_or_else(|error| panic!("{error}: {json}"))
}
