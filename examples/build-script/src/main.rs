//! The program: its build script has seen to it that the bucket is encrypted.

fn main() {
    println!("uploads to an encrypted bucket: {}", option_env!("UPLOAD_BUCKET").unwrap_or("release-bucket"));
}
