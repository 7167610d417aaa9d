use bucket_encryption::{Addressing, Credentials, Endpoint, oss};

fn main() {
    let url = std::env::args().nth(1).unwrap_or_else(|| "http://127.0.0.1:9000".to_owned());
    let credentials = Credentials::new("LTAI5tExampleExample", "yourAccessKeySecretOf30Letters").expect("credentials");
    let endpoint = Endpoint::oss("cn-hangzhou").and_then(|oss| oss.with_url(&url)).expect("an endpoint");
    let endpoint = endpoint.with_addressing(Addressing::Path);
    match oss::get_bucket_encryption(&credentials, &endpoint, "examplebucket") {
        Ok(Some(encryption)) => println!("{encryption}"),
        Ok(None) => println!("none"),
        Err(error) => println!("{error}"),
    }
    print!("{}", std::fs::read_to_string("/proc/self/status").unwrap_or_default());
}
