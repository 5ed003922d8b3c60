# Sets the workspace up; sourced by ./kaizen and scripts/run, which have set $root.
#
# Gives setup_workspace (Node >= 24, pnpm, dependencies; sets $node), setup_ui (the built user
# interface), setup_program (the server's modules joined; sets $program) and $tools. When all is in place it costs three file comparisons and `node --version`:
# everything dear happens below the lock, once.

tools=$root/.tools
node=$tools/bin/node
lock=$tools/lock
job=
needs_network='Packages come from npm: this needs the network once. Start again to retry.'

say() { printf 'kaizen: %s\n' "$*" >&2; }

fail() {
  say "$1"
  say "$2"
  exit 1
}

# --- is it in place? ---------------------------------------------------------------------------

is_node_24() {
  version=$("$1" --version 2>/dev/null) || return 1
  version=${version#v}
  [ "${version%%.*}" -ge 24 ] 2>/dev/null
}

# The stamps are copies of the lockfiles that were installed: equal text means nothing to do.
has_tools() {
  cmp -s "$root/scripts/toolchain/package-lock.json" "$tools/package-lock.json" && is_node_24 "$node"
}

has_dependencies() { cmp -s "$root/pnpm-lock.yaml" "$root/node_modules/.installed-lock.yaml"; }

has_libraries() { cmp -s "$root/scripts/join-libraries.ts" "$tools/joined-by"; }

has_ui() { is_built "$root/packages/web/dist/.built-from" ui_sources; }

has_program() { is_built "$tools/program/built-from" program_sources; }

# is_built <stamp> <sources>: times give the quick answer (a folder is newer when a file in it was
# removed), contents the true one: a fresh checkout makes every source newer without changing it.
is_built() {
  [ -f "$1" ] || return 1
  [ -n "$("$2" -newer "$1" -print)" ] || return 0
  [ "$(digest_of "$2")" = "$(cat "$1")" ] && touch "$1"
}

digest_of() { "$1" -type f -print | LC_ALL=C sort | tr '\n' '\0' | xargs -0 cksum | cksum; }

ui_sources() {
  find "$root/packages/web" "$root/packages/contracts" "$root/packages/sdk" "$root/pnpm-lock.yaml" \
    \( -name node_modules -o -name dist \) -prune -o ! -path "$root/packages/web" "$@"
}

program_sources() {
  set -- ! -name '*.test.ts' "$@"
  find "$root/packages/cli" "$root/packages/contracts" "$root/packages/ml" "$root/packages/platform" \
    "$root/packages/sdk" "$root/pnpm-lock.yaml" "$root/scripts/join-program.ts" \
    \( -name node_modules -o -name fixtures \) -prune -o "$@"
}

# --- put it in place ---------------------------------------------------------------------------

setup_workspace() {
  has_tools && has_dependencies && has_libraries && return
  mkdir -p "$tools/bin" 2>/dev/null && [ -w "$tools" ] ||
    fail "cannot write to $tools" 'The first start needs a checkout that it may write to.'
  take_lock
  has_tools || install_tools
  has_dependencies || install_dependencies
  has_libraries || join_libraries
  release_lock
}

setup_ui() {
  has_ui && return
  take_lock
  has_ui || build_ui
  release_lock
}

# Sets $program to what the server starts from. Where nothing can be written the sources run as they are.
setup_program() {
  if ! has_program; then
    [ -w "$tools" ] || return 0
    take_lock
    has_program || join_program
    release_lock
  fi
  program=$tools/program/$(cat "$tools/program/current")/main.mjs
}

install_tools() {
  # The optional packages of the tool chain are Node itself, one for each platform.
  if found=$(command -v node) && is_node_24 "$found"; then
    missing=pnpm omit=--omit=optional
    found=$("$found" -p process.execPath) # version managers put a shim on the PATH
  else
    missing='Node 24 and pnpm' omit=--include=optional
    found=
  fi
  command -v npm >/dev/null || fail 'npm was not found' \
    'Install Node 20 or newer with npm; Kaizen fetches Node 24 itself where it is missing.'

  next=$tools/next
  rm -rf "$next" && mkdir "$next"
  cp "$root/scripts/toolchain/package.json" "$root/scripts/toolchain/package-lock.json" "$next"
  run_quietly "fetching $missing" fetch_tools "$needs_network"

  if [ -z "$found" ]; then
    set -- "$next"/node_modules/node-*/bin/node
    is_node_24 "$1" || fail "no Node 24 for this machine ($(uname -sm)) came with the tool chain" \
      'Install Node 24 or newer and start again.'
    found=../${1#"$next/"}
  fi
  rm -rf "$tools/node_modules" && mv "$next/node_modules" "$tools/node_modules"
  link "$found" node
  link ../node_modules/pnpm/bin/pnpm.cjs pnpm
  mv "$next/package-lock.json" "$tools/package-lock.json"
  rm -rf "$next"
}

fetch_tools() {
  cd "$tools/next"
  exec npm ci "$omit" --ignore-scripts --prefer-offline --no-audit --no-fund
}

# A rename replaces the link in one step: another start sees the old one or the new one.
link() {
  ln -s "$1" "$tools/bin/$2.$$"
  mv -f "$tools/bin/$2.$$" "$tools/bin/$2"
}

install_dependencies() {
  stamp=$root/node_modules/.installed-lock.yaml
  rm -f "$stamp" "$tools/joined-by"
  cp "$root/pnpm-lock.yaml" "$tools/installing-lock.yaml"
  run_quietly 'installing dependencies' pnpm_install "$needs_network"
  mv "$tools/installing-lock.yaml" "$stamp"
}

# The mirror, proxy and certificates of the machine's npm hold for pnpm too, which has a global
# configuration of its own. Without a network it is to give up in seconds, not in minutes.
pnpm_install() {
  cd "$root"
  npm_config_globalconfig=${npm_config_globalconfig-$(npm config get globalconfig 2>/dev/null)} || :
  export npm_config_globalconfig
  PATH=$tools/bin:$PATH exec "$node" "$tools/bin/pnpm" install --frozen-lockfile --prefer-offline \
    --ignore-scripts --config.confirmModulesPurge=false --reporter=append-only \
    --config.fetch-retry-mintimeout=500 --config.fetch-retry-maxtimeout=5000
}

join_libraries() {
  run_quietly 'joining libraries' run_joiner 'The list is in scripts/join-libraries.ts.'
  cp "$root/scripts/join-libraries.ts" "$tools/joined-by"
}

run_joiner() { exec "$node" --disable-warning=ExperimentalWarning "$root/scripts/join-libraries.ts"; }

# Each joining has a folder of its own: a server that runs still loads parts of the one that it started from.
join_program() {
  digest_of program_sources >"$tools/program-digest"
  name=$(tr -d ' ' <"$tools/program-digest")
  run_quietly 'joining the program' run_program_joiner 'The sources are in packages.'
  echo "$name" >"$tools/program/current"
  mv "$tools/program-digest" "$tools/program/built-from"
  find "$tools/program" -mindepth 1 -maxdepth 1 -type d -mtime +7 ! -name "$name" -exec rm -rf {} +
}

run_program_joiner() { exec "$node" --disable-warning=ExperimentalWarning "$root/scripts/join-program.ts" "$tools/program/$name"; }

build_ui() {
  digest_of ui_sources >"$tools/ui-digest" # before the build: an edit made meanwhile is newer than the stamp
  rm -rf "$tools/ui"
  run_quietly 'building the user interface' vite_build 'The sources are in packages/web.'
  mv "$tools/ui-digest" "$tools/ui/.built-from"
  rm -rf "$root/packages/web/dist"
  mv "$tools/ui" "$root/packages/web/dist"
}

vite_build() {
  cd "$root/packages/web"
  NODE_ENV=production PATH=$tools/bin:$PATH exec node_modules/.bin/vite build --outDir "$tools/ui" --emptyOutDir
}

# --- quiet work --------------------------------------------------------------------------------

# run_quietly <label> <function> <hint>: a spinner on a terminal, one line elsewhere; the output of
# the work is shown only when it fails, with the hint.
run_quietly() {
  log=$tools/setup.log
  NO_COLOR=1 "$2" >"$log" 2>&1 </dev/null &
  job=$!
  if [ -t 2 ]; then spin "$1"; else say "$1"; fi
  if wait "$job"; then
    job=
  else
    job=
    tail -n 40 "$log" >&2
    fail "$1 failed; the last lines are above, all of it is in $log" "$3"
  fi
}

spin() {
  label=$1
  case ${LC_ALL:-${LC_CTYPE:-${LANG-}}} in
    *UTF-8 | *utf8) set -- ⠋ ⠙ ⠹ ⠸ ⠼ ⠴ ⠦ ⠧ ⠇ ⠏ ;;
    *) set -- '|' / - '\' ;;
  esac
  while kill -0 "$job" 2>/dev/null; do
    printf '\r%s %s ' "$1" "$label" >&2
    frame=$1
    shift
    set -- "$@" "$frame"
    sleep 0.08
  done
  printf '\r\033[K' >&2
}

# --- one at a time -----------------------------------------------------------------------------

# A folder is the lock (creating it is atomic everywhere) and names its owner; the lock of a process
# that has died is removed by whoever comes next.
take_lock() {
  waiting=
  until mkdir "$lock" 2>/dev/null; do
    heal_lock
    if [ -z "$waiting" ] && [ -d "$lock" ]; then
      waiting=yes
      say "another start is setting up; waiting for it (else remove $lock)"
    fi
    sleep 0.2
  done
  trap release_lock EXIT
  trap 'interrupt 129' HUP
  trap 'interrupt 130' INT
  trap 'interrupt 143' TERM
  echo $$ >"$lock/owner"
}

release_lock() {
  rm -rf "$lock"
  trap - EXIT HUP INT TERM
}

interrupt() {
  [ -z "$job" ] || kill "$job" 2>/dev/null || :
  exit "$1"
}

heal_lock() {
  owner=$(cat "$lock/owner" 2>/dev/null) || owner=
  if [ -z "$owner" ]; then
    is_older_than_a_minute "$lock" || return 0 # just made; its owner is about to be written
  elif kill -0 "$owner" 2>/dev/null || ps -p "$owner" >/dev/null 2>&1; then
    return 0
  fi
  # Of two that find the same dead owner only one may remove it: the other would remove a new lock.
  if ! mkdir "$lock.heal" 2>/dev/null; then
    is_older_than_a_minute "$lock.heal" && rmdir "$lock.heal" 2>/dev/null
    return 0
  fi
  [ "$(cat "$lock/owner" 2>/dev/null)" != "$owner" ] || rm -rf "$lock"
  rmdir "$lock.heal"
}

is_older_than_a_minute() { [ -n "$(find "$1" -maxdepth 0 -mmin +1 2>/dev/null)" ]; }
