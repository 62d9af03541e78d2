# Steps shared by tools/quickstart and tools/check; sourced, never run.
# Every step skips what is already there.

readonly root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readonly packages=(
  libmlir-22-dev mlir-22-tools llvm-22-dev llvm-22-tools clang-22 lld-22 libzstd-dev
  zlib1g-dev g++ cmake ninja-build ccache mold git nlohmann-json3-dev libcli11-dev
  liblzma-dev libzip-dev libgtest-dev python3 python3-venv
)
install=yes

say() { printf '[%4d s] %s\n' "$SECONDS" "$*"; }

die() {
  printf '%s: error: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

# Compilers of this size need about 1 GB each.
default_jobs() {
  local cores memory
  cores=$(nproc)
  memory=$(awk '/^MemAvailable:/ {print int($2 / 1048576)}' /proc/meminfo)
  echo $((memory < 1 ? 1 : cores < memory ? cores : memory))
}

need_value() { [[ $# -ge 2 && $2 != -* ]] || die "option $1 needs a value"; }

# missing_packages [package...]: of the packages that every build needs, and of these.
missing_packages() {
  local package
  for package in "${packages[@]}" "$@"; do
    [[ $(dpkg-query -W -f '${Status}' "$package" 2>/dev/null) == "install ok installed" ]] ||
      echo "$package"
  done
}

# install_packages [package...]: those that every build needs, and these.
install_packages() {
  if ! command -v apt-get dpkg-query >/dev/null; then
    say "not a Debian system: expecting LLVM/MLIR 22.1, CMake, Ninja, nlohmann-json, CLI11, liblzma, libzip and GoogleTest"
    command -v cmake ninja llvm-config-22 clang++-22 >/dev/null ||
      die "cmake, ninja, llvm-config-22 or clang++-22 is not on PATH; install what these Debian packages hold: ${packages[*]}"
    return
  fi
  local missing as_root=()
  mapfile -t missing < <(missing_packages "$@")
  if [[ ${#missing[@]} -eq 0 ]]; then
    say "packages: all $((${#packages[@]} + $#)) are installed"
    return
  fi
  if [[ $(id -u) -ne 0 ]]; then
    command -v sudo >/dev/null ||
      die "packages are missing and neither root nor sudo is at hand; as root: apt-get install ${missing[*]}"
    as_root=(sudo)
  fi
  say "packages: installing ${missing[*]}"
  "${as_root[@]}" apt-get update -q >/dev/null || say "apt-get update reported errors; going on"
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -q --no-install-recommends "${missing[@]}" </dev/null >"$root/build/apt.log" 2>&1 || {
    tail -n 5 "$root/build/apt.log" >&2
    die "apt-get could not install the packages (LLVM 22 is in Debian 12's security archive); all of its output is in build/apt.log"
  }
}

find_python() {
  local candidate
  for candidate in python3.11 python3.12 python3.13 python3; do
    if "$candidate" -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      echo "$candidate"
      return
    fi
  done
  die "no Python 3.11 or newer with the venv module on PATH"
}

# make_venv FOLDER EXTRA: an environment with this package and one of its
# extras, made anew when pyproject.toml has changed.
make_venv() {
  local folder=$root/$1 extra=$2 stamp
  stamp="$extra $(sha256sum <"$root/pyproject.toml")"
  if [[ -f $folder/remat-stamp && $(<"$folder/remat-stamp") == "$stamp" ]]; then
    say "python: $1 is up to date"
    return
  fi
  local python
  python=$(find_python)
  say "python: installing remat[$extra] into $1"
  [[ -x $folder/bin/python ]] || "$python" -m venv "$folder" || return
  "$folder/bin/python" -m pip install -q --disable-pip-version-check -e "$root[$extra]" \
    </dev/null || return
  echo "$stamp" >"$folder/remat-stamp"
}

# try_venv FOLDER EXTRA: make_venv where the packages can be had. Where not, none is left, and
# the tests that need it count as skipped.
try_venv() {
  make_venv "$@" || {
    rm -rf "${root:?}/$1"
    say "python: remat[$2] cannot be installed; the tests that need it are skipped"
  }
}

# configure PRESET [cmake argument...]: with ccache and mold where they are found, and with
# the tests also where the folder was configured without them.
configure() {
  local preset=$1 arguments=(-DREMAT_BUILD_TESTS=ON)
  shift
  command -v ccache >/dev/null && arguments+=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
  command -v mold >/dev/null &&
    arguments+=(-DCMAKE_EXE_LINKER_FLAGS=-fuse-ld=mold -DCMAKE_MODULE_LINKER_FLAGS=-fuse-ld=mold)
  say "build: configuring preset $preset"
  (cd "$root" && cmake --preset "$preset" -DREMAT_PYTHON="$root/.venv/bin/python" \
    "${arguments[@]}" "$@" >"build/configure-$preset.log" 2>&1) || {
    tail -n 20 "$root/build/configure-$preset.log" >&2
    die "cmake --preset $preset failed; all of its output is in build/configure-$preset.log"
  }
}

# At most so often a build or a suite of tests says how far it is.
progress_seconds=10
# How ninja, ctest, lit and pytest count what is done of how much.
readonly counts=(
  '^\[([1-9][0-9]*)/([0-9]+)\] '
  '^ *([1-9][0-9]*)/([0-9]+) Test '
  '^[A-Z]+: .* \(([1-9][0-9]*) of ([0-9]+)\)$'
  '^\[gw[0-9]+\] \[ *([1-9][0-9]*)/([0-9]+)\] '
)

# show_progress LOG WHAT: keeps what is printed in LOG and says how far WHAT is, and how long it
# will take if the other steps are like those before.
show_progress() {
  local line pattern started=$SECONDS next=$((SECONDS + progress_seconds)) left
  while IFS= read -r line || [[ -n $line ]]; do
    printf '%s\n' "$line"
    ((SECONDS >= next)) || continue
    for pattern in "${counts[@]}"; do
      [[ $line =~ $pattern ]] || continue
      left=$(((BASH_REMATCH[2] - BASH_REMATCH[1]) * (SECONDS - started) / BASH_REMATCH[1]))
      say "$2: [${BASH_REMATCH[1]}/${BASH_REMATCH[2]}], about $left s left" >&3
      next=$((SECONDS + progress_seconds))
    done
  done 3>&1 >"$1"
}

# build PRESET [target...]
build() {
  local preset=$1 targets=()
  shift
  [[ $# -eq 0 ]] || targets=(--target "$@")
  say "build: preset $preset, $jobs jobs"
  (cd "$root" && cmake --build "build/$preset" -j "$jobs" "${targets[@]}" \
    2>&1) | show_progress "$root/build/build-$preset.log" build || {
    grep -E -A 12 '^FAILED|error:' "$root/build/build-$preset.log" | head -n 60 >&2
    die "the build of preset $preset failed; all of its output is in build/build-$preset.log"
  }
}

mkdir -p "$root/build"
