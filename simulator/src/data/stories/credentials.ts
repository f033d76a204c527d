import { systemAccount } from '../accounts.ts'
import { fileOf, windowsImage } from '../images.ts'
import { evidence } from './evidence.ts'
import type { Story } from './story.ts'

/** The memory of lsass is written to a file, with a system library and with a tool. */
export const credentialDumping: Story = {
  id: 'credential-dumping',
  needs: ['endpoint'],
  isMalicious: true,
  tell(story) {
    const device = story.workstation()
    const user = story.admin()
    const lsass = story.running(device, 'lsass.exe', systemAccount, 'C:\\Windows\\system32\\lsass.exe')
    const shell = story.spawn(story.running(device, 'explorer.exe', user), 'cmd.exe', 'cmd.exe')
    story.spawn(shell, 'tasklist.exe', 'tasklist /fi "imagename eq lsass.exe"')
    const dumper = story.spawn(
      shell,
      'rundll32.exe',
      `rundll32.exe C:\\Windows\\System32\\comsvcs.dll, MiniDump ${lsass.id} C:\\Windows\\Temp\\debug.dmp full`,
    )
    story.load(dumper, windowsImage('comsvcs.dll'))
    story.deviceEvent(
      dumper,
      'OpenProcessApiCall',
      { FileName: 'lsass.exe', FolderPath: 'C:\\Windows\\System32\\lsass.exe', ProcessId: lsass.id },
      { DesiredAccess: 2097151, TargetProcess: 'lsass.exe' },
    )
    const dump = fileOf('debug.dmp', 'C:\\Windows\\Temp', story.random.int(0, 999))
    story.file(dumper, 'FileCreated', dump)
    story.alert({
      title: 'Suspicious access to LSASS service',
      description:
        'A process read the memory of the Local Security Authority, where the credentials of signed-in users are kept.',
      severity: 'high',
      category: 'CredentialAccess',
      techniques: ['T1003.001'],
      actions: 'Isolate the device.\nReset the credentials of everybody who signed in to it.',
      evidence: [
        evidence.device(device),
        evidence.user(user),
        evidence.process(dumper, { verdict: 'malicious' }),
        evidence.file(dump, device),
      ],
    })
    const tool = fileOf('mdump64.exe', 'C:\\Windows\\Temp', story.inventory.profile.seed)
    story.file(shell, 'FileCreated', tool)
    story.deviceEvent(
      shell,
      'AntivirusDetection',
      { FileName: tool.name, FolderPath: tool.folder, SHA1: tool.sha1, SHA256: tool.sha256, MD5: tool.md5 },
      { ThreatName: 'HackTool:Win32/Sample.D', WasRemediated: true, WasExecutingWhileDetected: false },
    )
    story.alert({
      title: 'Credential dumping tool was detected',
      description: 'A tool that reads credentials from memory was found on this device and removed.',
      severity: 'high',
      category: 'CredentialAccess',
      techniques: ['T1003.001', 'T1588.002'],
      detection: 'antivirus',
      threat: { name: 'HackTool:Win32/Sample.D', family: 'Sample' },
      evidence: [evidence.device(device), evidence.file(tool, device, { remediation: 'remediated' })],
      investigation: 'successfullyRemediated',
    })
    return { name: 'Credential access incident on one endpoint', systemTags: ['Credential Phish'] }
  },
}

/** Password guessing against a server that answers remote desktop to the world. */
export const remoteDesktopGuessing: Story = {
  id: 'remote-desktop-guessing',
  needs: ['endpoint'],
  isMalicious: true,
  tell(story) {
    const device = story.server()
    const user = story.admin()
    const ip = story.attackerIp()
    for (let attempt = 0; attempt < 28; attempt++) {
      const guess = {
        ...user,
        name: story.random.pick(['administrator', 'admin', 'backup', 'scanner', user.name]),
        sid: '',
        objectId: '',
        upn: '',
      }
      story.logon(device, guess, { type: 'Network', remoteIp: ip, failure: 'InvalidUserNameOrPassword' })
    }
    story.alert({
      title: 'Multiple failed sign-ins over Remote Desktop',
      description: 'Many sign-ins with different account names failed from one address outside.',
      severity: 'low',
      category: 'CredentialAccess',
      techniques: ['T1110.001'],
      evidence: [evidence.device(device, { role: 'attacked' }), evidence.ip(ip, 'VN')],
    })
    story.logon(device, user, { type: 'RemoteInteractive', remoteIp: ip, protocol: 'Negotiate' })
    const shell = story.spawn(story.running(device, 'explorer.exe', user), 'cmd.exe', 'cmd.exe')
    story.spawn(shell, 'whoami.exe', 'whoami /groups')
    story.spawn(shell, 'net.exe', 'net user support1 P@ssw0rd! /add')
    story.spawn(shell, 'net.exe', 'net localgroup administrators support1 /add')
    story.deviceEvent(
      shell,
      'UserAccountCreated',
      { AccountName: 'support1', AccountDomain: device.hostName },
      {},
    )
    story.alert({
      title: 'Successful sign-in after many failures',
      description: 'The address that had guessed passwords signed in, and a local administrator was created.',
      severity: 'high',
      category: 'InitialAccess',
      techniques: ['T1078', 'T1133', 'T1136.001'],
      evidence: [
        evidence.device(device),
        evidence.user(user),
        evidence.ip(ip, 'VN'),
        evidence.process(shell),
      ],
    })
    return { name: 'Remote Desktop password guessing that succeeded on one server' }
  },
}

/** Service tickets are collected to guess their passwords elsewhere. */
export const kerberoasting: Story = {
  id: 'kerberoasting',
  needs: ['identity'],
  isMalicious: true,
  tell(story) {
    const user = story.account()
    const device = story.workstation()
    const controller = story.server()
    for (let ticket = 0; ticket < 14; ticket++) {
      story.wait(1)
      story.add('IdentityLogonEvents', {
        Timestamp: story.now,
        ActionType: 'LogonSuccess',
        Application: 'Active Directory',
        LogonType: 'Resource access',
        Protocol: 'Kerberos',
        AccountName: user.name,
        AccountDomain: user.domain,
        AccountUpn: user.upn,
        AccountSid: user.sid,
        AccountObjectId: user.objectId,
        AccountDisplayName: user.displayName,
        DeviceName: device.dnsName,
        IPAddress: device.ip,
        DestinationDeviceName: controller.dnsName,
        DestinationIPAddress: controller.ip,
        DestinationPort: 88,
        ReportId: story.random.guid(),
        AdditionalFields: { Spns: [`svc-${ticket}/${controller.dnsName}`], EncryptionType: 'Rc4Hmac' },
      })
    }
    story.add('IdentityQueryEvents', {
      Timestamp: story.now,
      ActionType: 'LDAP query',
      Application: 'Active Directory',
      QueryType: 'AllObjects',
      QueryTarget: 'servicePrincipalName',
      Query: '(&(objectCategory=person)(servicePrincipalName=*))',
      Protocol: 'Ldap',
      AccountName: user.name,
      AccountDomain: user.domain,
      AccountUpn: user.upn,
      AccountSid: user.sid,
      AccountObjectId: user.objectId,
      DeviceName: device.dnsName,
      IPAddress: device.ip,
      DestinationDeviceName: controller.dnsName,
      ReportId: story.random.guid(),
      AdditionalFields: { SearchFilter: '(&(objectCategory=person)(servicePrincipalName=*))' },
    })
    story.alert({
      title: 'Suspected Kerberos service principal name exposure',
      description: 'One account asked for tickets of many services with weak encryption within a minute.',
      severity: 'high',
      category: 'CredentialAccess',
      techniques: ['T1558.003', 'T1087.002'],
      service: 'microsoftDefenderForIdentity',
      detection: 'microsoftDefenderForIdentity',
      evidence: [
        evidence.user(user),
        evidence.device(device),
        evidence.ip(device.ip, '', { role: 'source' }),
      ],
    })
    return { name: 'Service tickets requested in bulk by one account', systemTags: ['Identity'] }
  },
}
