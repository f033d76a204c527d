import { makeRandom, seedOf } from './random.ts'

/** A file as events describe it; hashes follow from its name and version, the same in every tenant. */
export type FileImage = {
  name: string
  folder: string
  sha1: string
  sha256: string
  md5: string
  size: number
  company: string
  product: string
  version: string
  description: string
  isSigned: boolean
}

const system32 = 'C:\\Windows\\System32'
const programFiles = 'C:\\Program Files'

/** Where well-known programs live and what their version resource says. */
const known: Readonly<Record<string, readonly [folder: string, description: string, product?: string]>> = {
  'powershell.exe': [`${system32}\\WindowsPowerShell\\v1.0`, 'Windows PowerShell'],
  'cmd.exe': [system32, 'Windows Command Processor'],
  'rundll32.exe': [system32, 'Windows host process (Rundll32)'],
  'regsvr32.exe': [system32, 'Microsoft Register Server'],
  'mshta.exe': [system32, 'HTML Application host'],
  'certutil.exe': [system32, 'CertUtil.exe'],
  'bitsadmin.exe': [system32, 'BITS administration utility'],
  'wscript.exe': [system32, 'Windows Script Host'],
  'cscript.exe': [system32, 'Console Based Script Host'],
  'schtasks.exe': [system32, 'Task Scheduler Configuration Tool'],
  'sc.exe': [system32, 'Service Control Manager Configuration Tool'],
  'reg.exe': [system32, 'Registry Console Tool'],
  'net.exe': [system32, 'Net Command'],
  'net1.exe': [system32, 'Net Command'],
  'whoami.exe': [system32, 'whoami'],
  'nltest.exe': [system32, 'Logon Server Test Utility'],
  'ipconfig.exe': [system32, 'IP Configuration Utility'],
  'systeminfo.exe': [system32, 'Displays system information'],
  'tasklist.exe': [system32, 'Lists the current running tasks'],
  'taskkill.exe': [system32, 'Terminates Processes'],
  'vssadmin.exe': [system32, 'Command Line Interface for Microsoft Volume Shadow Copy Service'],
  'wbadmin.exe': [system32, 'Command Line Interface for Microsoft BLB Backup'],
  'bcdedit.exe': [system32, 'Boot Configuration Data Editor'],
  'wevtutil.exe': [system32, 'Eventing Command Line Utility'],
  'cipher.exe': [system32, 'File Encryption Utility'],
  'wmic.exe': [`${system32}\\wbem`, 'WMI Commandline Utility'],
  'wmiprvse.exe': [`${system32}\\wbem`, 'WMI Provider Host'],
  'lsass.exe': [system32, 'Local Security Authority Process'],
  'services.exe': [system32, 'Services and Controller app'],
  'svchost.exe': [system32, 'Host Process for Windows Services'],
  'taskhostw.exe': [system32, 'Host Process for Windows Tasks'],
  'conhost.exe': [system32, 'Console Window Host'],
  'dllhost.exe': [system32, 'COM Surrogate'],
  'userinit.exe': [system32, 'Userinit Logon Application'],
  'winlogon.exe': [system32, 'Windows Logon Application'],
  'mstsc.exe': [system32, 'Remote Desktop Connection'],
  'w3wp.exe': [`${system32}\\inetsrv`, 'IIS Worker Process'],
  'backgroundTaskHost.exe': [system32, 'Background Task Host'],
  'SearchProtocolHost.exe': [system32, 'Microsoft Windows Search Protocol Host'],
  'notepad.exe': [system32, 'Notepad'],
  'spoolsv.exe': [system32, 'Spooler SubSystem App'],
  'comsvcs.dll': [system32, 'COM+ Services'],
  'kernel32.dll': [system32, 'Windows NT BASE API Client DLL'],
  'ntdll.dll': [system32, 'NT Layer DLL'],
  'amsi.dll': [system32, 'Anti-Malware Scan Interface'],
  'samlib.dll': [system32, 'SAM Library DLL'],
  'vaultcli.dll': [system32, 'Credential Vault Client Library'],
  'clr.dll': ['C:\\Windows\\Microsoft.NET\\Framework64\\v4.0.30319', 'Microsoft .NET Runtime'],
  'System.Management.Automation.dll': [
    'C:\\Windows\\assembly\\NativeImages_v4.0.30319_64',
    'PowerShell engine',
  ],
  'explorer.exe': ['C:\\Windows', 'Windows Explorer'],
  'msedge.exe': ['C:\\Program Files (x86)\\Microsoft\\Edge\\Application', 'Microsoft Edge', 'Microsoft Edge'],
  'OUTLOOK.EXE': [
    `${programFiles}\\Microsoft Office\\root\\Office16`,
    'Microsoft Outlook',
    'Microsoft Outlook',
  ],
  'WINWORD.EXE': [`${programFiles}\\Microsoft Office\\root\\Office16`, 'Microsoft Word', 'Microsoft Office'],
  'EXCEL.EXE': [`${programFiles}\\Microsoft Office\\root\\Office16`, 'Microsoft Excel', 'Microsoft Office'],
  'ms-teams.exe': [`${programFiles}\\WindowsApps\\MSTeams`, 'Microsoft Teams', 'Microsoft Teams'],
  'OneDrive.exe': [`${programFiles}\\Microsoft OneDrive`, 'Microsoft OneDrive', 'Microsoft OneDrive'],
  'MsMpEng.exe': ['C:\\ProgramData\\Microsoft\\Windows Defender\\Platform', 'Antimalware Service Executable'],
  'MsSense.exe': [
    `${programFiles}\\Windows Defender Advanced Threat Protection`,
    'Windows Defender ATP Service',
  ],
  'MpCmdRun.exe': [`${programFiles}\\Windows Defender`, 'Microsoft Malware Protection Command Line Utility'],
}

const cache = new Map<string, FileImage>()

/**
 * A Microsoft program or library by its file name.
 *
 * @throws Error when the name is none of the known ones: a slip in a story
 */
export function windowsImage(name: string): FileImage {
  const cached = cache.get(name)
  if (cached) return cached
  const entry = known[name]
  if (!entry) throw new Error(`"${name}" is no known Windows image`)
  const [folder, description, product = 'Microsoft® Windows® Operating System'] = entry
  const image: FileImage = {
    ...fileOf(name, folder),
    company: 'Microsoft Corporation',
    product,
    version: '10.0.22621.4391',
    description,
    isSigned: true,
  }
  cache.set(name, image)
  return image
}

/** Any other file; the same name, folder and salt always have the same hashes. */
export function fileOf(name: string, folder: string, salt: string | number = 0): FileImage {
  const random = makeRandom(seedOf('file', name, salt))
  return {
    name,
    folder,
    sha1: random.hex(40),
    sha256: random.hex(64),
    md5: random.hex(32),
    size: random.int(8_000, 4_000_000),
    company: '',
    product: '',
    version: '',
    description: '',
    isSigned: false,
  }
}

/** Folder and name in one, as `FolderPath` of the hunting tables prints it. */
export function fullPath(file: FileImage): string {
  return file.folder === '' ? file.name : `${file.folder}\\${file.name}`
}
