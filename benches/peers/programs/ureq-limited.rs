//! With the time limit that ours has by default.

fn main() {
    let url = std::env::args().nth(1).unwrap_or_else(|| "http://127.0.0.1:9000".to_owned());
    let limit = Some(std::time::Duration::from_secs(60));
    let agent: ureq::Agent = ureq::Agent::config_builder().timeout_global(limit).build().into();
    match agent.get(format!("{url}/examplebucket/?encryption")).call() {
        Ok(mut answer) => println!("{}", answer.body_mut().read_to_string().unwrap_or_default()),
        Err(error) => println!("{error}"),
    }
    print!("{}", std::fs::read_to_string("/proc/self/status").unwrap_or_default());
}
