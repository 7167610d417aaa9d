fn main() {
    let url = std::env::args().nth(1).unwrap_or_else(|| "http://127.0.0.1:9000".to_owned());
    let client = reqwest::blocking::Client::builder().no_proxy().build().expect("a client");
    match client.get(format!("{url}/examplebucket/?encryption")).send().and_then(reqwest::blocking::Response::text) {
        Ok(text) => println!("{text}"),
        Err(error) => println!("{error}"),
    }
    print!("{}", std::fs::read_to_string("/proc/self/status").unwrap_or_default());
}
