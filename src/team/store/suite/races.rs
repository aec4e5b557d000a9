//! Tests of this part follow.
