//! Ends the connection of a sender that never finishes its body.
//!
//! When a body of announced length is left unread, actix closes the connection soon after the answer. One in chunks
//! it would go on reading, without bound, for as long as it comes or stays silent. It does so only once the body's
//! reader is gone, so the reader is kept with the answer until that is sent.

use std::cell::RefCell;
use std::error::Error;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use actix_web::HttpMessage;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest};
use actix_web::error::PayloadError;
use actix_web::http::header::TRANSFER_ENCODING;
use actix_web::web::Bytes;
use futures_util::Stream;

/// The reader of a request's body, shared between its handler and its answer.
#[derive(Clone)]
pub struct SharedPayload(Rc<RefCell<Payload>>);

impl SharedPayload {
    /// Takes hold of the body of a request that comes in chunks; others need no holding.
    pub fn take(request: &mut ServiceRequest) -> Option<Self> {
        if !request.headers().contains_key(TRANSFER_ENCODING) {
            return None;
        }
        let shared = Self(Rc::new(RefCell::new(request.take_payload())));
        request.set_payload(Payload::Stream { payload: Box::pin(shared.clone()) });
        Some(shared)
    }
}

impl Stream for SharedPayload {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Pin::new(&mut *self.0.borrow_mut()).poll_next(context)
    }
}

/// An answer that keeps the reader of its request.
pub struct Held {
    body: BoxBody,
    _reader: SharedPayload,
}

impl Held {
    pub fn new(body: BoxBody, reader: SharedPayload) -> Self {
        Self { body, _reader: reader }
    }
}

impl MessageBody for Held {
    type Error = Box<dyn Error>;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.body).poll_next(context)
    }
}
