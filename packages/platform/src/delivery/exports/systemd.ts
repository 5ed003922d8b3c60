import { serviceName } from './service-name.ts'
import type { FileMap } from './tar.ts'

/**
 * A unit that runs the server of a JavaScript bundle as a user of its own that can write nothing, and a script that
 * installs it. Memory stays writable and executable together: the engine compiles as it runs.
 */
export function systemdFiles(modelName: string): FileMap {
  const name = serviceName(modelName)
  return { [`${name}.service`]: unit(name), 'install.sh': install(name) }
}

const unit = (name: string): string => `[Unit]
Description=Exported model ${name}
After=network.target

[Service]
Type=exec
ExecStart=/usr/bin/env node /opt/${name}/server.js
Environment=HOST=127.0.0.1 PORT=8080
EnvironmentFile=-/etc/${name}.env
Restart=on-failure
RestartSec=1
TimeoutStopSec=30
DynamicUser=yes
NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectControlGroups=yes
ProtectProc=invisible
ProcSubset=pid
RestrictAddressFamilies=AF_INET AF_INET6
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RemoveIPC=yes
LockPersonality=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged
SystemCallErrorNumber=EPERM
UMask=0077
MemoryMax=512M
TasksMax=64

[Install]
WantedBy=multi-user.target
`

const install = (name: string): string => `#!/bin/sh
# Checks the bundle, installs it below /opt and starts the unit. DESTDIR=FOLDER only lays the files out below FOLDER.
set -eu
cd "$(dirname "$0")"
destination="\${DESTDIR:-}"
if [ -z "$destination" ] && [ "$(id -u)" -ne 0 ]; then
  echo "run this as root" >&2
  exit 1
fi
command -v node >/dev/null || { echo "Node 20 or newer is needed" >&2; exit 1; }
sha256sum --check --quiet SHA256SUMS
node verify.js
install -d -m 755 "$destination/opt/${name}" "$destination/etc/systemd/system"
install -m 644 model.js facts.js compute.js protocol.js server.js package.json golden.json verify.js "$destination/opt/${name}/"
install -m 644 ${name}.service "$destination/etc/systemd/system/"
if [ -n "$destination" ]; then exit 0; fi
systemctl daemon-reload
systemctl enable ${name}.service
systemctl restart ${name}.service
systemctl --no-pager status ${name}.service
`
