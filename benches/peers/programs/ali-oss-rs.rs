//! It reads no bucket's encryption but as a part of GetBucketInfo, and has no path style: only its build is measured.

use ali_oss_rs::blocking::bucket::BucketOperations as _;

fn main() {
    let client = ali_oss_rs::blocking::Client::from_env();
    match client.get_bucket_info("examplebucket") {
        Ok(bucket) => println!("{:?}", bucket.server_side_encryption_rule.is_some()),
        Err(error) => println!("{error}"),
    }
}
