//! The `denier` program: one binary, every command.

fn main() -> std::process::ExitCode {
    denier::cli::main()
}
