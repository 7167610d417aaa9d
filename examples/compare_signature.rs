//! Compares what this library signs with a request that works: `cargo run --example compare_signature`
//!
//! When another program's request is accepted and yours is not, print what both of them signed and look for the first
//! line that differs. Nothing is sent; key and time are made up.

use std::time::{Duration, SystemTime};

use bucket_encryption::{Credentials, Endpoint, oss};

/// What the other program signed, from its log.
const WORKING: &str = "GET
/examplebucket/
encryption
content-type:application/xml
x-oss-content-sha256:UNSIGNED-PAYLOAD
x-oss-date:20250410T080000Z


UNSIGNED-PAYLOAD";

fn main() -> bucket_encryption::Result<()> {
    let credentials = Credentials::new("ak", "sk")?;
    let request = oss::get_bucket_encryption_request(&Endpoint::oss("cn-hangzhou")?, "examplebucket")?;
    // The time of the working request, so that the dates agree.
    let at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_744_272_000);
    let signed = request.sign(&credentials, at)?;
    let ours = signed.canonical_request().unwrap_or_default();

    println!("canonical request:\n{ours}\n\nstring to sign:\n{}\n", signed.string_to_sign());
    let mut lines = ours.lines().zip(WORKING.lines()).enumerate();
    match lines.find(|(_, (ours, working))| ours != working) {
        Some((line, (ours, working))) => {
            println!("the first difference is in line {}:\n  ours:    {ours}\n  working: {working}", line + 1);
        }
        None => println!("both signed the same: look at the secret"),
    }
    Ok(())
}
