fn main() {
    let url = std::env::args().nth(1).unwrap_or_else(|| "http://127.0.0.1:9000".to_owned());
    let mut easy = curl::easy::Easy::new();
    easy.url(&format!("{url}/examplebucket/?encryption")).expect("a URL");
    easy.write_function(|bytes| {
        print!("{}", String::from_utf8_lossy(bytes));
        Ok(bytes.len())
    })
    .expect("a function");
    if let Err(error) = easy.perform() {
        println!("{error}");
    }
    print!("{}", std::fs::read_to_string("/proc/self/status").unwrap_or_default());
}
