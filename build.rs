//! Says what the build depends on besides the sources: migrations are embedded.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
