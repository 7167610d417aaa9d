//! The public API, to the letter: programs outside this repository are compiled against it. A changed name, order or
//! type stops compiling here.

#![allow(clippy::items_after_statements, clippy::type_complexity, reason = "types are written out on purpose")]

use std::borrow::Cow;
use std::fmt::{Debug, Display};
use std::hash::Hash;
use std::str::FromStr;
use std::time::{Duration, SystemTime};

use bucket_encryption::{
    Addressing, Credentials, DecodeError, Endpoint, Error, InputError, Request, Response, Result, ServiceError,
    SignatureVersion, SignedRequest, SseAlgorithm, TableBucketArn, TransportError, obs, oss, oss_tables, ureq,
};
use serde::Serialize;

/// A function of the contract: its type is written out, and the function must have it.
macro_rules! is {
    ($($function:expr => $type:ty;)*) => { $( let _: $type = $function; )* };
}

#[test]
fn every_function_has_its_signature() {
    is! {
        |id, secret| Credentials::new(id, secret) => fn(String, &'static str) -> Result<Credentials>;
        |c, token| Credentials::with_security_token(c, token) => fn(Credentials, &'static str) -> Result<Credentials>;
        Credentials::access_key_id => fn(&Credentials) -> &str;

        Endpoint::oss => fn(&str) -> Result<Endpoint>;
        Endpoint::oss_tables => fn(&str) -> Result<Endpoint>;
        Endpoint::obs => fn(&str) -> Result<Endpoint>;
        Endpoint::with_url => fn(Endpoint, &str) -> Result<Endpoint>;
        Endpoint::with_addressing => fn(Endpoint, Addressing) -> Endpoint;
        Endpoint::with_signature_version => fn(Endpoint, SignatureVersion) -> Endpoint;
        Endpoint::with_agent => fn(Endpoint, ureq::Agent) -> Endpoint;
        Endpoint::with_timeout => fn(Endpoint, Duration) -> Endpoint;
        Endpoint::with_max_attempts => fn(Endpoint, u32) -> Endpoint;
        Endpoint::region => fn(&Endpoint) -> &str;

        TableBucketArn::new => fn(&str, &str, &str) -> Result<TableBucketArn>;
        TableBucketArn::region => fn(&TableBucketArn) -> &str;
        TableBucketArn::account_id => fn(&TableBucketArn) -> &str;
        TableBucketArn::bucket => fn(&TableBucketArn) -> &str;
        TableBucketArn::from_str => fn(&str) -> std::result::Result<TableBucketArn, Error>;

        Request::method => fn(&Request) -> &str;
        Request::url => fn(&Request) -> &str;
        Request::body => fn(&Request) -> &[u8];
        Request::sign => fn(&Request, &Credentials, SystemTime) -> Result<SignedRequest>;
        SignedRequest::method => fn(&SignedRequest) -> &str;
        SignedRequest::url => fn(&SignedRequest) -> &str;
        SignedRequest::body => fn(&SignedRequest) -> &[u8];
        SignedRequest::string_to_sign => fn(&SignedRequest) -> &str;
        SignedRequest::canonical_request => fn(&SignedRequest) -> Option<&str>;
        |status, headers: Vec<(&str, &str)>, body| Response::new(status, headers, body)
            => fn(u16, Vec<(&'static str, &'static str)>, Vec<u8>) -> Response;
        Response::check => fn(&Response) -> Result<()>;

        Error::service => fn(&Error) -> Option<&ServiceError>;
        Error::code => fn(&Error) -> Option<&str>;
        Error::is_denied => fn(&Error) -> bool;
        Error::is_not_found => fn(&Error) -> bool;
        Error::is_expired => fn(&Error) -> bool;
        Error::is_throttled => fn(&Error) -> bool;
        Error::is_wrong_endpoint => fn(&Error) -> bool;
        Error::is_timeout => fn(&Error) -> bool;
        Error::attempts => fn(&Error) -> u32;
        Error::elapsed => fn(&Error) -> Duration;
        ServiceError::status => fn(&ServiceError) -> u16;
        ServiceError::code => fn(&ServiceError) -> &str;
        ServiceError::message => fn(&ServiceError) -> &str;
        ServiceError::request_id => fn(&ServiceError) -> Option<&str>;
        ServiceError::ec => fn(&ServiceError) -> Option<&str>;
        ServiceError::host_id => fn(&ServiceError) -> Option<&str>;
        ServiceError::endpoint => fn(&ServiceError) -> Option<&str>;
    }
}

#[test]
fn every_operation_has_its_signature() {
    type Get<T> = fn(&Credentials, &Endpoint, &str) -> Result<Option<T>>;
    type Put<T> = fn(&Credentials, &Endpoint, &str, &T) -> Result<()>;
    type Delete = fn(&Credentials, &Endpoint, &str) -> Result<()>;
    type Ask = fn(&Endpoint, &str) -> Result<Request>;
    is! {
        oss::get_bucket_encryption => Get<oss::BucketEncryption<'static>>;
        oss::put_bucket_encryption => Put<oss::BucketEncryption<'_>>;
        oss::delete_bucket_encryption => Delete;
        oss::get_bucket_encryption_request => Ask;
        oss::put_bucket_encryption_request => fn(&Endpoint, &str, &oss::BucketEncryption<'_>) -> Result<Request>;
        oss::delete_bucket_encryption_request => Ask;

        obs::get_bucket_encryption => Get<obs::BucketEncryption<'static>>;
        obs::put_bucket_encryption => Put<obs::BucketEncryption<'_>>;
        obs::delete_bucket_encryption => Delete;
        obs::get_bucket_encryption_request => Ask;
        obs::put_bucket_encryption_request => fn(&Endpoint, &str, &obs::BucketEncryption<'_>) -> Result<Request>;
        obs::delete_bucket_encryption_request => Ask;
    }
}

#[test]
fn every_operation_of_tables_has_its_signature() {
    use oss_tables::TableEncryption;
    type Bucket<T> = fn(&Credentials, &Endpoint, &TableBucketArn) -> Result<T>;
    is! {
        oss_tables::get_table_encryption
            => fn(&Credentials, &Endpoint, &TableBucketArn, &str, &str) -> Result<Option<TableEncryption<'static>>>;
        oss_tables::get_table_bucket_encryption => Bucket<Option<TableEncryption<'static>>>;
        oss_tables::put_table_bucket_encryption
            => fn(&Credentials, &Endpoint, &TableBucketArn, &TableEncryption<'_>) -> Result<()>;
        oss_tables::delete_table_bucket_encryption => Bucket<()>;
        oss_tables::get_table_encryption_request => fn(&Endpoint, &TableBucketArn, &str, &str) -> Result<Request>;
        oss_tables::get_table_bucket_encryption_request => fn(&Endpoint, &TableBucketArn) -> Result<Request>;
        oss_tables::put_table_bucket_encryption_request
            => fn(&Endpoint, &TableBucketArn, &TableEncryption<'_>) -> Result<Request>;
        oss_tables::delete_table_bucket_encryption_request => fn(&Endpoint, &TableBucketArn) -> Result<Request>;
    }
}

/// What the three encryption types share.
fn setting<T: Clone + PartialEq + Eq + Hash + Debug + Display + Serialize + Send + Sync>() {}

#[test]
fn every_type_has_its_traits() {
    fn all<T: Send + Sync + Debug>() {}
    all::<Credentials>();
    all::<Endpoint>();
    all::<Addressing>();
    all::<SignatureVersion>();
    all::<Request>();
    all::<SignedRequest>();
    all::<Response>();
    all::<Error>();
    all::<InputError>();
    all::<ServiceError>();
    all::<TransportError>();
    all::<DecodeError>();

    fn name<T: FromStr<Err = Error> + Display + Clone + Eq + Hash + Serialize + Send + Sync>() {}
    name::<TableBucketArn>();
    fn endpoint<T: Display + Clone>() {}
    endpoint::<Endpoint>();
    fn error<T: std::error::Error + Send + Sync + 'static>() {}
    error::<Error>();
    fn algorithm<
        'a,
        T: From<&'a str> + From<String> + From<Cow<'a, str>> + Display + Clone + Eq + Hash + Debug + Serialize,
    >() {
    }
    algorithm::<SseAlgorithm<'_>>();
    setting::<oss::BucketEncryption<'_>>();
    setting::<obs::BucketEncryption<'_>>();
    setting::<oss_tables::TableEncryption<'_>>();
}

#[test]
fn every_setting_is_made_read_and_written_alike() {
    let word = String::from("KMS");
    let key = String::from("key");
    let oss =
        oss::BucketEncryption::new(word.as_str()).with_kms_master_key_id(key.as_str()).with_kms_data_encryption("SM4");
    let read: Result<Option<oss::BucketEncryption<'_>>> = oss::BucketEncryption::from_xml("<x/>");
    assert!(matches!(read, Err(Error::Decode(_))));
    let owned: oss::BucketEncryption<'static> = oss.clone().into_owned();
    let _: (SseAlgorithm<'_>, Option<Cow<'_, str>>, Option<Cow<'_, str>>) =
        (oss.sse_algorithm, oss.kms_master_key_id, oss.kms_data_encryption);
    let _: String = owned.to_xml();

    let obs = obs::BucketEncryption::new(String::from("kms"))
        .with_kms_master_key_id(String::from("key"))
        .with_kms_data_encryption("SM4")
        .with_project_id("project")
        .with_bucket_key_enabled(true);
    let _: (Option<Cow<'_, str>>, Option<bool>) = (obs.project_id.clone(), obs.bucket_key_enabled);
    let _: obs::BucketEncryption<'static> = obs.into_owned();

    let table = oss_tables::TableEncryption::new(SseAlgorithm::Kms).with_kms_key_arn("acs:kms:...");
    let _: Option<Cow<'_, str>> = table.kms_key_arn.clone();
    let read: Result<Option<oss_tables::TableEncryption<'_>>> = oss_tables::TableEncryption::from_json("{}");
    assert!(matches!(read, Ok(None)));
    let _: String = table.into_owned().to_json();

    let response = Response::new(200, [], b"{}".to_vec());
    assert!(matches!(oss_tables::TableEncryption::from_response(&response), Ok(None)));
    for kms in [oss::BucketEncryption::kms().sse_algorithm, obs::BucketEncryption::kms().sse_algorithm] {
        assert_eq!(kms, SseAlgorithm::Kms);
    }
    assert_eq!(oss_tables::TableEncryption::aes256().sse_algorithm, SseAlgorithm::Aes256);
}

#[cfg(feature = "emulator")]
#[test]
fn the_emulator_has_its_signatures() {
    use bucket_encryption::Emulator;
    is! {
        Emulator::start => fn() -> std::io::Result<Emulator>;
        Emulator::bind => fn(&'static str, Credentials) -> std::io::Result<Emulator>;
        Emulator::credentials => fn(&Emulator) -> &Credentials;
        Emulator::url => fn(&Emulator) -> &str;
        Emulator::oss => fn(&Emulator) -> Endpoint;
        Emulator::oss_tables => fn(&Emulator) -> Endpoint;
        Emulator::obs => fn(&Emulator) -> Endpoint;
        Emulator::create_bucket => fn(&Emulator, &str);
        Emulator::create_table_bucket => fn(&Emulator, &TableBucketArn);
        Emulator::create_table => fn(&Emulator, &TableBucketArn, &str, &str);
    }
    fn all<T: Send + Sync>() {}
    all::<Emulator>();
}
