import { systemAccount } from '../accounts.ts'
import { fileOf } from '../images.ts'
import { evidence } from './evidence.ts'
import type { Story } from './story.ts'

/** From one device to a server: remote service, WMI, a new service there. */
export const lateralMovement: Story = {
  id: 'lateral-movement',
  needs: ['endpoint'],
  isMalicious: true,
  tell(story) {
    const from = story.workstation()
    const target = story.server()
    const user = story.admin()
    const shell = story.spawn(story.running(from, 'explorer.exe', user), 'cmd.exe', 'cmd.exe')
    const tool = fileOf('psexec64.exe', 'C:\\Users\\Public', 'tool')
    const runner = story.spawn(
      shell,
      tool,
      `psexec64.exe \\\\${target.hostName} -accepteula -s -d cmd.exe /c run.bat`,
    )
    story.connect(runner, target.ip, 445)
    story.logon(target, user, { type: 'Network', from, protocol: 'Kerberos' })
    const services = story.running(target, 'services.exe', systemAccount)
    const service = fileOf('PSEXESVC.exe', 'C:\\Windows', 'service')
    story.deviceEvent(
      services,
      'ServiceInstalled',
      { FileName: service.name, FolderPath: service.folder },
      { ServiceName: 'PSEXESVC', ServiceStartType: 3, ServiceAccount: 'LocalSystem' },
    )
    const remote = story.spawn(services, service, 'C:\\Windows\\PSEXESVC.exe')
    const command = story.spawn(remote, 'cmd.exe', 'cmd.exe /c run.bat', systemAccount)
    story.alert({
      title: 'Suspicious remote activity by a new service',
      description: 'A service was installed from another device and started a command interpreter as SYSTEM.',
      severity: 'medium',
      category: 'LateralMovement',
      techniques: ['T1021.002', 'T1569.002', 'T1570'],
      evidence: [
        evidence.device(from, { role: 'source' }),
        evidence.device(target),
        evidence.user(user),
        evidence.process(command),
        evidence.file(service, target),
      ],
    })
    story.spawn(
      shell,
      'wmic.exe',
      `wmic /node:"${target.hostName}" process call create "powershell.exe -c Get-Process"`,
    )
    const provider = story.running(target, 'wmiprvse.exe', systemAccount)
    const created = story.spawn(provider, 'powershell.exe', 'powershell.exe -c Get-Process')
    story.alert({
      title: 'Process started through WMI from another device',
      description:
        'Windows Management Instrumentation on a server started a script on behalf of another device.',
      severity: 'medium',
      category: 'LateralMovement',
      techniques: ['T1047'],
      evidence: [evidence.device(target), evidence.process(created), evidence.user(user)],
    })
    return { name: 'Lateral movement from one endpoint to one server', systemTags: ['Critical asset'] }
  },
}

/** Questions about the domain that an attacker asks first. */
export const domainDiscovery: Story = {
  id: 'domain-discovery',
  needs: ['endpoint'],
  isMalicious: true,
  tell(story) {
    const device = story.workstation()
    const user = device.owner
    const shell = story.spawn(story.running(device, 'explorer.exe', user), 'cmd.exe', 'cmd.exe')
    const last = [
      ['whoami.exe', 'whoami /all'],
      ['systeminfo.exe', 'systeminfo'],
      ['net.exe', 'net group "Domain Admins" /domain'],
      ['net.exe', 'net group "Enterprise Admins" /domain'],
      ['net.exe', 'net view /all /domain'],
      ['nltest.exe', 'nltest /domain_trusts /all_trusts'],
    ]
      .map(([image = '', commandLine = '']) => story.spawn(shell, image, commandLine))
      .at(-1)
    const finder = fileOf('adf.exe', 'C:\\ProgramData', 'finder')
    const search = story.spawn(shell, finder, 'adf.exe -f "(objectcategory=computer)" -csv')
    story.deviceEvent(
      search,
      'LdapSearch',
      {},
      { SearchFilter: '(objectcategory=computer)', DistinguishedName: `DC=${user.domain}` },
    )
    story.alert({
      title: 'Suspicious sequence of exploration activities',
      description:
        'A series of commands that list the domain, its trusts and its administrators ran within minutes.',
      severity: 'low',
      category: 'Discovery',
      techniques: ['T1087.002', 'T1482', 'T1033', 'T1018', 'T1069.002'],
      evidence: [
        evidence.device(device),
        evidence.user(user),
        ...(last ? [evidence.process(last)] : []),
        evidence.process(search),
      ],
    })
    return { name: 'Domain exploration on one endpoint' }
  },
}

/** Ways to come back: a task, a service, an account. */
export const persistence: Story = {
  id: 'persistence',
  needs: ['endpoint'],
  isMalicious: true,
  tell(story) {
    const device = story.workstation()
    const user = story.admin()
    const shell = story.spawn(
      story.running(device, 'explorer.exe', user),
      'powershell.exe',
      'powershell.exe -ExecutionPolicy Bypass -File C:\\Users\\Public\\setup.ps1',
    )
    const task = story.spawn(
      shell,
      'schtasks.exe',
      'schtasks /create /sc minute /mo 15 /tn "OneDrive Sync Helper" /tr "C:\\ProgramData\\sync.exe" /ru SYSTEM',
    )
    story.deviceEvent(
      task,
      'ScheduledTaskCreated',
      {},
      { TaskName: '\\OneDrive Sync Helper', TaskContent: 'C:\\ProgramData\\sync.exe' },
    )
    const service = story.spawn(
      shell,
      'sc.exe',
      'sc create WinSyncHelper binPath= "C:\\ProgramData\\sync.exe" start= auto',
    )
    story.deviceEvent(
      service,
      'ServiceInstalled',
      { FileName: 'sync.exe', FolderPath: 'C:\\ProgramData' },
      { ServiceName: 'WinSyncHelper', ServiceStartType: 2 },
    )
    story.registry(
      service,
      'HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet001\\Services\\WinSyncHelper',
      'ImagePath',
      'C:\\ProgramData\\sync.exe',
    )
    story.spawn(
      shell,
      'reg.exe',
      'reg add "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Image File Execution Options\\sethc.exe" /v Debugger /d cmd.exe /f',
    )
    story.registry(
      shell,
      'HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Image File Execution Options\\sethc.exe',
      'Debugger',
      'cmd.exe',
    )
    const file = fileOf('sync.exe', 'C:\\ProgramData', story.inventory.profile.seed)
    story.file(shell, 'FileCreated', file)
    story.alert({
      title: 'Suspicious scheduled task and service creation',
      description: 'A task, a service and a debugger for the accessibility keys were set up by one script.',
      severity: 'medium',
      category: 'Persistence',
      techniques: ['T1053.005', 'T1543.003', 'T1546.008'],
      evidence: [
        evidence.device(device),
        evidence.user(user),
        evidence.process(task),
        evidence.file(file, device),
        evidence.registry(
          device,
          'HKEY_LOCAL_MACHINE',
          'SYSTEM\\ControlSet001\\Services\\WinSyncHelper',
          'ImagePath',
          file.name,
        ),
      ],
    })
    return { name: 'Persistence incident on one endpoint' }
  },
}
