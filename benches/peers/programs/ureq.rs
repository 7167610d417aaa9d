fn main() {
    let url = std::env::args().nth(1).unwrap_or_else(|| "http://127.0.0.1:9000".to_owned());
    match ureq::get(format!("{url}/examplebucket/?encryption")).call() {
        Ok(mut answer) => println!("{}", answer.body_mut().read_to_string().unwrap_or_default()),
        Err(error) => println!("{error}"),
    }
    print!("{}", std::fs::read_to_string("/proc/self/status").unwrap_or_default());
}
