//! Checks the privileges of the processes in a container.

use serde_json::Value;

/// Prints the processes of a container as JSON.
pub(crate) const COMMAND: [&str; 3] = ["python", "-Ic", include_str!("processes.py")];

/// The number of processes with this word in their command line.
pub(crate) fn count(json: &str, server: &str) -> usize {
    let is_server = |process: &&Value| process["command"].as_str().is_some_and(|command| command.contains(server));
    parse(json).iter().filter(is_server).count()
}

/// Checks that all processes run as the user of the spec, without capabilities and without a way to gain privileges.
pub(crate) fn prove_no_privileges(container: &str, json: &str, server: &str, uid: u64) {
    assert!(count(json, server) > 0, "{container}: {server} runs: {json}");
    let uid = uid.to_string();
    for process in parse(json) {
        let own = |id: &Value| *id == *uid;
        assert!(process["uids"].as_array().unwrap().iter().all(own), "{container}: every process is user {uid}: {process:#}");
        for set in ["capabilities", "capabilities-to-gain"] {
            assert_eq!(process[set], "0000000000000000", "{container}: no process has {set}: {process:#}");
        }
        assert_eq!(process["no-new-privileges"], "1", "{container}: no process can gain privileges: {process:#}");
    }
}

fn parse(json: &str) -> Vec<Value> {
    serde_json::from_str(json).unwrap_or_else(|error| panic!("{error}: {json}"))
}
