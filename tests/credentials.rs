//! Where keys and endpoints come from, as programs outside of this repository are compiled against it, and keys that
//! run out, on the wire.

use std::time::SystemTime;

use bucket_encryption::{Cloud, Credentials, Endpoint, Network, RenewingCredentials, Result, TableBucketArn};

/// A function of the contract: its type is written out, and the function must have it.
macro_rules! is {
    ($($function:expr => $type:ty;)*) => { $( let _: $type = $function; )* };
}

#[test]
fn every_function_has_its_signature() {
    is! {
        Credentials::find => fn(Cloud) -> Result<Credentials>;
        Credentials::from_env => fn(Cloud) -> Result<Credentials>;
        Credentials::from_profile => fn(Cloud, Option<&str>) -> Result<Credentials>;
        Credentials::from_role => fn(Cloud, Option<&str>) -> Result<Credentials>;
        Credentials::with_expiry => fn(Credentials, SystemTime) -> Credentials;
        Credentials::expires_at => fn(&Credentials) -> Option<SystemTime>;

        RenewingCredentials::new => fn(fn() -> Result<Credentials>) -> RenewingCredentials;
        RenewingCredentials::get => fn(&RenewingCredentials) -> Result<Credentials>;

        Endpoint::with_network => fn(Endpoint, Network) -> Result<Endpoint>;
        Endpoint::for_table_bucket => fn(&TableBucketArn) -> Endpoint;
        Endpoint::find_oss => fn() -> Result<Endpoint>;
        Endpoint::oss_from_env => fn() -> Result<Endpoint>;
        Endpoint::oss_from_profile => fn(Option<&str>) -> Result<Endpoint>;
    }
    let _ = [Cloud::Alibaba, Cloud::Huawei];
    let _ = [Network::Public, Network::Internal, Network::DualStack];
}

#[test]
fn threads_can_share_them() {
    fn shareable<T: Clone + std::fmt::Debug + Send + Sync + 'static>() {}
    shareable::<RenewingCredentials>();
    shareable::<Credentials>();
    shareable::<Cloud>();
    shareable::<Network>();
}

#[cfg(feature = "emulator")]
mod on_the_wire {
    use std::time::Duration;

    use bucket_encryption::{Emulator, Error, Fault, oss};

    use super::*;

    const HALF_AN_HOUR: Duration = Duration::from_secs(30 * 60);

    #[test]
    fn an_expired_key_sends_nothing() {
        let emulator = Emulator::start().unwrap();
        let key = emulator.credentials().clone().with_expiry(SystemTime::now() - Duration::from_secs(1));
        let error = oss::get_bucket_encryption(&key, &emulator.oss(), "examplebucket").unwrap_err();
        assert!(matches!(error, Error::Input(_)) && error.is_expired(), "{error}");
        assert_eq!((error.attempts(), emulator.requests()), (0, 0));
    }

    #[test]
    fn a_key_that_ran_out_by_the_services_clock_is_refused() {
        let emulator = Emulator::start().unwrap();
        let key = emulator.credentials().clone().with_expiry(SystemTime::now() + HALF_AN_HOUR);
        emulator.fail_next(1, Fault::ClockAhead(2 * HALF_AN_HOUR));
        let error = oss::get_bucket_encryption(&key, &emulator.oss(), "examplebucket").unwrap_err();
        assert!(matches!(error, Error::Input(_)) && error.is_expired(), "{error}");
        assert_eq!(emulator.requests(), 1);
    }

    #[test]
    fn a_key_that_ran_out_by_our_clock_alone_is_used() {
        let emulator = Emulator::start().unwrap();
        emulator.create_bucket("examplebucket");
        let endpoint = emulator.oss();
        emulator.fail_next(3, Fault::ClockBehind(2 * HALF_AN_HOUR));
        oss::get_bucket_encryption(emulator.credentials(), &endpoint, "examplebucket").unwrap();
        let key = emulator.credentials().clone().with_expiry(SystemTime::now() - HALF_AN_HOUR);
        oss::get_bucket_encryption(&key, &endpoint, "examplebucket").unwrap();
    }

    #[test]
    fn a_renewing_value_gives_keys_for_calls() {
        let emulator = Emulator::start().unwrap();
        emulator.create_bucket("examplebucket");
        let key = emulator.credentials().clone();
        let keys = RenewingCredentials::new(move || Ok(key.clone().with_expiry(SystemTime::now() + HALF_AN_HOUR)));
        for _ in 0..2 {
            oss::get_bucket_encryption(&keys.get().unwrap(), &emulator.oss(), "examplebucket").unwrap();
        }
    }
}
