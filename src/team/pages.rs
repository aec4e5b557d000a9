//! The pages that people see, in English and Russian.
