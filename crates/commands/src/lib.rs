//! One act from request to receipt.
