//! An Sinh
