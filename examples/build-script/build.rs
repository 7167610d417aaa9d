//! Refuses to build a release when the bucket that the program uploads to is not encrypted as wanted.
//!
//! | Variable | Meaning |
//! | --- | --- |
//! | `UPLOAD_BUCKET` | the bucket, which the program is built with |
//! | `UPLOAD_REGION` | its region, `cn-hangzhou` unless set |
//! | `UPLOAD_ENDPOINT` | its address, where that is not the region's public one: path style is used there |
//! | `UPLOAD_CHECK` | `required`: no answer, no release; `if-online` (unless set): without a network, a warning; `off` |
//!
//! The access key is found as `Credentials::find` says. A debug build asks nobody, a release build every time.

use std::env;

use bucket_encryption::oss::{self, BucketEncryption};
use bucket_encryption::{Addressing, Cloud, Credentials, Endpoint, Error, Protection};

fn main() {
    for name in ["UPLOAD_BUCKET", "UPLOAD_REGION", "UPLOAD_ENDPOINT", "UPLOAD_CHECK"] {
        println!("cargo::rerun-if-env-changed={name}");
    }
    let check = env::var("UPLOAD_CHECK").unwrap_or_else(|_| "if-online".to_owned());
    if env::var("PROFILE").is_ok_and(|profile| profile != "release") || check == "off" {
        return;
    }
    // A file that is never there: what was right yesterday is asked again.
    println!("cargo::rerun-if-changed=.asked-every-time");
    let bucket = env::var("UPLOAD_BUCKET").unwrap_or_else(|_| "release-bucket".to_owned());
    match read(&bucket) {
        Ok(setting) => {
            if let Some(shortfall) = shortfall(setting.as_ref()) {
                refuse(&format!("{bucket} is not encrypted as it should be: {shortfall}"));
            }
        }
        // Nobody could be asked. That is no answer, and what follows from it is for whoever builds to say.
        Err(error) if is_offline(&error) && check == "if-online" => {
            println!("cargo::warning=the encryption of {bucket} is not checked: {error}");
        }
        Err(error) => refuse(&format!("the encryption of {bucket} could not be checked: {error}")),
    }
}

fn read(bucket: &str) -> bucket_encryption::Result<Option<BucketEncryption<'static>>> {
    let region = env::var("UPLOAD_REGION").unwrap_or_else(|_| "cn-hangzhou".to_owned());
    let mut endpoint = Endpoint::oss(&region)?;
    if let Ok(url) = env::var("UPLOAD_ENDPOINT") {
        endpoint = endpoint.with_url(&url)?.with_addressing(Addressing::Path);
    }
    oss::get_bucket_encryption(&Credentials::find(Cloud::Alibaba)?, &endpoint, bucket)
}

/// The policy: KMS, with whichever key. None where it is met.
fn shortfall(setting: Option<&BucketEncryption<'_>>) -> Option<String> {
    let is_met = setting.is_some_and(|setting| setting.satisfies(&BucketEncryption::kms()));
    (!is_met).then(|| format!("{}, and KMS is wanted", Protection::from(setting)))
}

/// Whether there was no connection, in contrast to a service that refuses or a key that is wrong.
fn is_offline(error: &Error) -> bool {
    matches!(error, Error::Transport(_))
}

/// Makes the build fail, with this one line as cargo's error.
fn refuse(problem: &str) {
    println!("cargo::error={problem}");
}
