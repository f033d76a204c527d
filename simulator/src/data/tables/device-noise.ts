import type { ProcessFact } from '../alert-model.ts'
import { fileOf, windowsImage } from '../images.ts'
import type { Random } from '../random.ts'
import { createdProcess, imageColumns, initiatedBy, onDevice, packRow, reportId } from '../rows.ts'
import { type DayOfRows, eachAbout, momentOf } from './noise.ts'
import { type Residents, reportingDevices, residentsOf } from './residents.ts'

type Start = readonly [parent: string, image: string, commandLine: string]

const workstationStarts: readonly Start[] = [
  ['explorer.exe', 'msedge.exe', '"msedge.exe" --profile-directory=Default'],
  ['msedge.exe', 'msedge.exe', '"msedge.exe" --type=renderer --lang=en-GB'],
  ['explorer.exe', 'OUTLOOK.EXE', '"OUTLOOK.EXE"'],
  ['explorer.exe', 'WINWORD.EXE', '"WINWORD.EXE" /n'],
  ['OUTLOOK.EXE', 'EXCEL.EXE', '"EXCEL.EXE" /dde'],
  ['explorer.exe', 'notepad.exe', 'notepad.exe'],
  ['svchost.exe', 'backgroundTaskHost.exe', 'backgroundTaskHost.exe -ServerName:App.AppX'],
  ['svchost.exe', 'taskhostw.exe', 'taskhostw.exe Install'],
  ['svchost.exe', 'dllhost.exe', 'dllhost.exe /Processid:{3EB3C877-1F16-487C-9050-104DBCD66683}'],
  [
    'MsSense.exe',
    'powershell.exe',
    'powershell.exe -ExecutionPolicy AllSigned -NoProfile -NonInteractive -Command "& {Get-Health}"',
  ],
  ['explorer.exe', 'mstsc.exe', 'mstsc.exe /v:srv-app1'],
  ['services.exe', 'svchost.exe', 'svchost.exe -k wsappx -p'],
]

const serverStarts: readonly Start[] = [
  ['services.exe', 'svchost.exe', 'svchost.exe -k LocalService -p'],
  ['svchost.exe', 'taskhostw.exe', 'taskhostw.exe'],
  ['svchost.exe', 'powershell.exe', 'powershell.exe -File C:\\Scripts\\backup-check.ps1'],
  ['svchost.exe', 'cmd.exe', 'cmd.exe /c C:\\Scripts\\rotate.bat'],
  ['wmiprvse.exe', 'conhost.exe', 'conhost.exe 0xffffffff -ForceV1'],
  ['MsMpEng.exe', 'MpCmdRun.exe', 'MpCmdRun.exe SignatureUpdate -ScheduleJob'],
  ['services.exe', 'sc.exe', 'sc.exe query w32time'],
]

const unixStarts: readonly Start[] = [
  ['bash', 'ls', 'ls -la /home'],
  ['cron', 'logrotate', 'logrotate /etc/logrotate.conf'],
  ['sshd', 'bash', '-bash'],
  ['systemd', 'apt-check', 'apt-check --human-readable'],
]

function resident(residents: Residents, name: string): ProcessFact {
  const process = residents.get(name) ?? residents.values().next().value
  if (!process) throw new Error('a device has no running process')
  return process
}

function anyResident(residents: Residents, random: Random): ProcessFact {
  return random.pick([...residents.values()])
}

export const processNoise: DayOfRows = (inventory, random, dayStart) =>
  eachAbout(reportingDevices(inventory), 4, random, device => {
    const at = momentOf(random, dayStart)
    const starts = !device.os.isWindows ? unixStarts : device.isServer ? serverStarts : workstationStarts
    const [parentName, name, commandLine] = random.pick(starts)
    const parent = resident(residentsOf(device), parentName)
    const process: ProcessFact = {
      device,
      image: device.os.isWindows ? windowsImage(name) : fileOf(name, '/usr/bin'),
      id: random.int(1_000, 30_000),
      commandLine,
      created: at,
      account: parent.account,
      integrity: parent.integrity,
      logonId: parent.logonId,
      parent,
    }
    const own = { ActionType: 'ProcessCreated', ReportId: reportId(random) }
    return packRow(
      'DeviceProcessEvents',
      own,
      onDevice(device, at),
      createdProcess(process),
      initiatedBy(parent),
    )
  })

const destinations = [
  ['20.190.160.14', 'login.microsoftonline.com'],
  ['13.107.6.171', 'outlook.office365.com'],
  ['52.113.194.132', 'teams.microsoft.com'],
  ['40.90.4.1', 'settings-win.data.microsoft.com'],
  ['93.184.215.14', 'www.supplier-portal.example'],
  ['198.51.100.200', 'updates.printer-vendor.example'],
  ['203.0.113.80', 'intranet-news.example'],
] as const

export const networkNoise: DayOfRows = (inventory, random, dayStart) => {
  const server = inventory.devices[0]
  return eachAbout(reportingDevices(inventory), 5, random, device => {
    const at = momentOf(random, dayStart)
    const isInternal = server !== undefined && random.chance(0.25)
    const [ip, host] = isInternal ? [server.ip, server.dnsName] : random.pick(destinations)
    return packRow(
      'DeviceNetworkEvents',
      {
        ActionType: random.chance(0.94)
          ? 'ConnectionSuccess'
          : random.pick(['ConnectionFailed', 'ConnectionAttempt']),
        RemoteIP: ip,
        RemotePort: isInternal ? random.pick([445, 389, 88, 53]) : 443,
        RemoteUrl: host,
        LocalIP: device.ip,
        LocalPort: random.int(49_152, 65_500),
        Protocol: 'Tcp',
        LocalIPType: 'Private',
        RemoteIPType: isInternal ? 'Private' : 'Public',
        ReportId: reportId(random),
      },
      onDevice(device, at),
      initiatedBy(anyResident(residentsOf(device), random)),
    )
  })
}

const documentNames = ['offer', 'minutes', 'schedule', 'price-list', 'photo', 'report', 'order', 'letter']
const extensions = ['docx', 'xlsx', 'pdf', 'pptx', 'tmp', 'jpg']

export const fileNoise: DayOfRows = (inventory, random, dayStart) =>
  eachAbout(reportingDevices(inventory), 3, random, device => {
    const at = momentOf(random, dayStart)
    const process = resident(
      residentsOf(device),
      random.pick(['explorer.exe', 'msedge.exe', 'OUTLOOK.EXE', 'OneDrive.exe']),
    )
    const name = `${random.pick(documentNames)}-${random.int(1, 400)}.${random.pick(extensions)}`
    const folder = device.os.isWindows
      ? `C:\\Users\\${device.owner.name}\\Documents`
      : `/home/${device.owner.name}`
    const file = fileOf(name, folder)
    return packRow(
      'DeviceFileEvents',
      {
        ActionType: random.pick(['FileCreated', 'FileCreated', 'FileModified', 'FileRenamed', 'FileDeleted']),
        ...imageColumns(file),
        // Often not computed on live devices.
        SHA256: random.chance(0.5) ? file.sha256 : '',
        ReportId: reportId(random),
      },
      onDevice(device, at),
      initiatedBy(process),
    )
  })

export const logonNoise: DayOfRows = (inventory, random, dayStart) =>
  eachAbout(reportingDevices(inventory), 1.5, random, device => {
    const isFailure = random.chance(0.05)
    const account = random.chance(0.7) ? device.owner : random.pick(inventory.accounts)
    return packRow(
      'DeviceLogonEvents',
      {
        ActionType: isFailure ? 'LogonFailed' : 'LogonSuccess',
        LogonType: random.pick([
          'Interactive',
          'Unlock',
          'CachedInteractive',
          'Network',
          'RemoteInteractive',
        ]),
        AccountDomain: account.domain.toLowerCase(),
        AccountName: account.name,
        AccountSid: account.sid,
        Protocol: random.pick(['Negotiate', 'Kerberos', 'NTLM']),
        FailureReason: isFailure ? 'InvalidUserNameOrPassword' : '',
        IsLocalAdmin: account.isAdmin,
        LogonId: random.int(100_000, 90_000_000),
        ReportId: reportId(random),
      },
      onDevice(device, momentOf(random, dayStart)),
      initiatedBy(resident(residentsOf(device), 'lsass.exe')),
    )
  })

const registryValues = [
  ['HKEY_CURRENT_USER\\Software\\Microsoft\\Office\\16.0\\Common\\General', 'LastUse', 'Dword', '1'],
  [
    'HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Run',
    'SecurityHealth',
    'ExpandString',
    '%windir%\\system32\\SecurityHealthSystray.exe',
  ],
  [
    'HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet001\\Services\\W32Time\\Config',
    'LastKnownGoodTime',
    'Qword',
    '133000000000000000',
  ],
  [
    'HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet001\\Services\\Tcpip\\Parameters',
    'DhcpNameServer',
    'String',
    '10.0.0.1',
  ],
] as const

export const registryNoise: DayOfRows = (inventory, random, dayStart) =>
  eachAbout(
    reportingDevices(inventory).filter(device => device.os.isWindows),
    1,
    random,
    device => {
      const [key, name, type, data] = random.pick(registryValues)
      return packRow(
        'DeviceRegistryEvents',
        {
          ActionType: 'RegistryValueSet',
          RegistryKey: key,
          RegistryValueType: type,
          RegistryValueName: name,
          RegistryValueData: data,
          PreviousRegistryKey: key,
          PreviousRegistryValueName: name,
          ReportId: reportId(random),
        },
        onDevice(device, momentOf(random, dayStart)),
        initiatedBy(resident(residentsOf(device), 'svchost.exe')),
      )
    },
  )

const libraries = [
  'kernel32.dll',
  'ntdll.dll',
  'amsi.dll',
  'samlib.dll',
  'vaultcli.dll',
  'clr.dll',
  'System.Management.Automation.dll',
]

export const imageLoadNoise: DayOfRows = (inventory, random, dayStart) =>
  eachAbout(
    reportingDevices(inventory).filter(device => device.os.isWindows),
    1.5,
    random,
    device => {
      const library = windowsImage(random.pick(libraries))
      return packRow(
        'DeviceImageLoadEvents',
        {
          ActionType: 'ImageLoaded',
          ...imageColumns(library),
          ReportId: reportId(random),
        },
        onDevice(device, momentOf(random, dayStart)),
        initiatedBy(anyResident(residentsOf(device), random)),
      )
    },
  )

const deviceActions: readonly (readonly [action: string, additional: object])[] = [
  ['PowerShellCommand', { Command: 'Get-Health' }],
  ['PowerShellCommand', { Command: 'Out-Default' }],
  ['AntivirusScanCompleted', { ScanTypeIndex: 'Quick', ScanId: '{5F6E}' }],
  ['ScreenshotTaken', {}],
  ['BrowserLaunchedToOpenUrl', {}],
  ['UsbDriveMounted', { DriveLetter: 'E:', ProductName: 'Storage Device', BusType: 7 }],
  ['DnsConnectionInspected', { direction: 'Out', query: 'intranet-news.example' }],
  ['AsrOfficeChildProcessAudited', { IsAudit: true, RuleId: 'd4f940ab-401b-4efc-aadc-ad5f3c50688a' }],
]

export const deviceEventNoise: DayOfRows = (inventory, random, dayStart) =>
  eachAbout(
    reportingDevices(inventory).filter(device => device.os.isWindows),
    2,
    random,
    device => {
      const [action, additional] = random.pick(deviceActions)
      return packRow(
        'DeviceEvents',
        {
          ActionType: action,
          RemoteUrl: action === 'BrowserLaunchedToOpenUrl' ? 'https://www.supplier-portal.example/' : '',
          AdditionalFields: JSON.stringify(additional),
          ReportId: reportId(random),
        },
        onDevice(device, momentOf(random, dayStart)),
        initiatedBy(anyResident(residentsOf(device), random)),
      )
    },
  )
