//! What can be made to go wrong.

use std::collections::VecDeque;
use std::time::Duration;

/// What a request to the [`Emulator`](crate::Emulator) meets in place of a right answer: see
/// [`Emulator::fail_next`](crate::Emulator::fail_next).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// This HTTP status, with the code that the service has for it. The request is not carried out. What is no final
    /// status (200 to 999) is sent as 500.
    Status(u16),
    /// An error of the service, in its format. The request is not carried out.
    Error {
        /// The HTTP status.
        status: u16,
        /// The service's code, as in `AccessDenied`; where it is empty, the answer names none.
        code: String,
        /// The service's message.
        message: String,
    },
    /// A redirect to this `Location`, with this HTTP status. The request is not carried out.
    Redirect {
        /// The HTTP status, as in 307.
        status: u16,
        /// The URL to go to.
        location: String,
    },
    /// The right answer, this much later.
    Delay(Duration),
    /// The connection is closed in place of an answer. The request is not carried out.
    Drop,
    /// The connection is closed half-way through the body of the right answer; through its head, where there is no
    /// body. The request was carried out.
    Cut,
    /// The service's clock is this much ahead: it refuses by that time and tells it. A client that signs again with
    /// the service's time meets the clock a second time, so count that request too.
    ClockAhead(Duration),
    /// The service's clock is this much behind.
    ClockBehind(Duration),
}

/// The faults to come.
#[derive(Default)]
pub(super) struct Faults(VecDeque<(u32, Fault)>);

impl Faults {
    pub(super) fn push(&mut self, count: u32, fault: Fault) {
        if count > 0 {
            self.0.push_back((count, fault));
        }
    }

    /// The next request's, if it has one.
    pub(super) fn next(&mut self) -> Option<Fault> {
        let (count, fault) = self.0.front_mut()?;
        *count -= 1;
        if *count > 0 { Some(fault.clone()) } else { self.0.pop_front().map(|(_, fault)| fault) }
    }
}
