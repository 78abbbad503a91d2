//! Requests that end before GraphQL begins: their status, code and words.

use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

use super::negotiate::Media;
use super::observe::RequestId;
use crate::error::Code;
use crate::identity::token::TokenRefusal;

/// Seconds after which it is worth asking again.
pub const RETRY_SECONDS: &str = "5";

/// Why a request is not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    NotFound,
    /// With the methods that are allowed.
    MethodNotAllowed(&'static str),
    NotAcceptable,
    UnsupportedMediaType,
    NoToken,
    BadToken(TokenRefusal),
    /// The database doesn't answer.
    Unavailable,
    /// With the limit in bytes.
    BodyTooLarge(usize),
    BodyTooSlow,
    BodyBroken,
    NotUtf8,
    NotJson,
    NotAnObject,
    Batch,
    MissingQuery,
    /// With the entry whose type is wrong and the type that it should have.
    WrongType(&'static str, &'static str),
}

impl Refusal {
    fn status(self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::NotAcceptable => StatusCode::NOT_ACCEPTABLE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::NoToken | Self::BadToken(_) => StatusCode::UNAUTHORIZED,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::BodyTooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::BodyTooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::BodyBroken
            | Self::NotUtf8
            | Self::NotJson
            | Self::NotAnObject
            | Self::Batch
            | Self::MissingQuery
            | Self::WrongType(..) => StatusCode::BAD_REQUEST,
        }
    }

    fn code(self) -> Code {
        match self {
            Self::NotFound => Code::NotFound,
            Self::NoToken | Self::BadToken(_) => Code::Unauthenticated,
            Self::Unavailable => Code::Unavailable,
            Self::BodyTooLarge(_) => Code::LimitExceeded,
            Self::BodyTooSlow => Code::Timeout,
            _ => Code::BadUserInput,
        }
    }

    /// The entry of the body that is at fault.
    fn field(self) -> Option<&'static str> {
        match self {
            Self::MissingQuery => Some("query"),
            Self::WrongType(field, _) => Some(field),
            _ => None,
        }
    }

    fn message(self) -> String {
        match self {
            Self::NotFound => "There is nothing at this address.".into(),
            Self::MethodNotAllowed(allow) => format!("This address answers {allow} only."),
            Self::NotAcceptable => {
                "Answers come as application/graphql-response+json or application/json; Accept allows neither.".into()
            }
            Self::UnsupportedMediaType => "Send the request as application/json in UTF-8, not compressed.".into(),
            Self::NoToken => "Send a token in the header Authorization: Bearer.".into(),
            Self::BadToken(refusal) => format!("The token is refused: {}.", refusal.reason()),
            Self::Unavailable => "The register cannot be reached at the moment; try again soon.".into(),
            Self::BodyTooLarge(limit) => format!("The request is longer than {limit} bytes."),
            Self::BodyTooSlow => "The request did not arrive in time.".into(),
            Self::BodyBroken => "The request broke off.".into(),
            Self::NotUtf8 => "The request is not valid UTF-8.".into(),
            Self::NotJson => "The request is not valid JSON.".into(),
            Self::NotAnObject => "The request must be a JSON object with the entry \"query\".".into(),
            Self::Batch => "Send one request at a time: a list of requests is not answered.".into(),
            Self::MissingQuery => "The entry \"query\" is missing.".into(),
            Self::WrongType(field, expected) => format!("The entry \"{field}\" must be {expected}."),
        }
    }

    fn message_vi(self) -> String {
        match self {
            Self::NotFound => "Không có gì tại địa chỉ này.".into(),
            Self::MethodNotAllowed(allow) => format!("Địa chỉ này chỉ nhận phương thức {allow}."),
            Self::NotAcceptable => {
                "Chỉ trả lời bằng application/graphql-response+json hoặc application/json; Accept không nhận loại nào."
                    .into()
            }
            Self::UnsupportedMediaType => "Hãy gửi yêu cầu dạng application/json, mã UTF-8, không nén.".into(),
            Self::NoToken => "Hãy gửi mã truy cập trong tiêu đề Authorization: Bearer.".into(),
            Self::BadToken(refusal) => format!("Mã truy cập bị từ chối: {}.", reason_vi(refusal)),
            Self::Unavailable => "Hiện không kết nối được với cơ sở dữ liệu; hãy thử lại sau ít phút.".into(),
            Self::BodyTooLarge(limit) => format!("Yêu cầu dài hơn {limit} byte."),
            Self::BodyTooSlow => "Yêu cầu không đến kịp thời hạn.".into(),
            Self::BodyBroken => "Yêu cầu bị đứt giữa chừng.".into(),
            Self::NotUtf8 => "Yêu cầu không phải UTF-8 hợp lệ.".into(),
            Self::NotJson => "Yêu cầu không phải JSON hợp lệ.".into(),
            Self::NotAnObject => "Yêu cầu phải là một đối tượng JSON có mục \"query\".".into(),
            Self::Batch => "Mỗi lần chỉ gửi một yêu cầu, không gửi danh sách yêu cầu.".into(),
            Self::MissingQuery => "Thiếu mục \"query\".".into(),
            Self::WrongType(field, _) => format!("Mục \"{field}\" sai kiểu dữ liệu."),
        }
    }

    /// RFC 6750, section 3: no error is named to one who sent no token.
    fn challenge(self) -> Option<String> {
        match self {
            Self::NoToken => Some(r#"Bearer realm="ansinh""#.into()),
            Self::BadToken(refusal) => Some(format!(
                r#"Bearer realm="ansinh", error="invalid_token", error_description="{}""#,
                refusal.reason()
            )),
            _ => None,
        }
    }

    /// The answer, shaped as a GraphQL response without data.
    pub fn answer(self, media: Media, request: &HttpRequest) -> HttpResponse {
        let extensions = Extensions {
            code: self.code().as_str(),
            message_vi: self.message_vi(),
            field: self.field(),
            request_id: RequestId::of(request),
        };
        let body = Body { errors: [Error { message: self.message(), extensions }] };
        let mut response = HttpResponse::build(self.status());
        if let Some(challenge) = self.challenge() {
            response.insert_header((WWW_AUTHENTICATE, challenge));
        }
        match self {
            Self::Unavailable => drop(response.insert_header((RETRY_AFTER, RETRY_SECONDS))),
            Self::MethodNotAllowed(allow) => drop(response.insert_header((ALLOW, allow))),
            // What is left of the body will not be read.
            Self::BodyTooLarge(_) | Self::BodyTooSlow => drop(response.force_close()),
            _ => {}
        }
        response.insert_header((CONTENT_TYPE, media.content_type())).json(body)
    }
}

#[derive(Serialize)]
struct Body {
    errors: [Error; 1],
}

#[derive(Serialize)]
struct Error {
    message: String,
    extensions: Extensions,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Extensions {
    code: &'static str,
    message_vi: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'static str>,
    request_id: RequestId,
}

fn reason_vi(refusal: TokenRefusal) -> &'static str {
    match refusal {
        TokenRefusal::Malformed => "sai định dạng",
        TokenRefusal::Expired => "đã hết hạn",
        TokenRefusal::NotYetValid => "chưa có hiệu lực",
        TokenRefusal::WrongIssuer => "không do hệ thống này cấp",
        TokenRefusal::WrongAudience => "không dành cho hệ thống này",
        TokenRefusal::UnknownKey => "ký bằng khóa không rõ",
        TokenRefusal::BadSignature => "chữ ký không đúng",
        TokenRefusal::Revoked => "đã bị thu hồi",
        TokenRefusal::ClientDisabled => "đơn vị sử dụng đã bị khóa",
        TokenRefusal::UnknownClient => "của một hệ thống chưa được đăng ký",
        TokenRefusal::LivesTooLong => "có thời hạn dài hơn mức cho phép",
        TokenRefusal::InAddress => "không được đặt trong địa chỉ",
    }
}
