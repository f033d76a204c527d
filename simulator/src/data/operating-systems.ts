/** One build of an operating system, in the words that machines and hunting tables use. */
export type OperatingSystem = {
  /** `osPlatform` of the device APIs and `OSPlatform` of hunting */
  platform: string
  version: string
  build: number
  /** `OSVersion` of hunting */
  kernel: string
  distribution: string
  isServer: boolean
  isWindows: boolean
}

export const operatingSystems: readonly OperatingSystem[] = [
  windows('Windows11', '23H2', 22631, false),
  windows('Windows11', '23H2', 22631, false),
  windows('Windows11', '24H2', 26100, false),
  windows('Windows11', '24H2', 26100, false),
  windows('Windows10', '22H2', 19045, false),
  windows('Windows10', '22H2', 19045, false),
  other('macOS', '14.6', 23, false),
  windows('WindowsServer2019', '1809', 17763, true),
  windows('WindowsServer2022', '21H2', 20348, true),
  windows('WindowsServer2022', '21H2', 20348, true),
  other('Ubuntu', '22.04', 22, true),
]

function windows(platform: string, version: string, build: number, isServer: boolean): OperatingSystem {
  return { platform, version, build, kernel: '10.0', distribution: platform, isServer, isWindows: true }
}

function other(platform: string, version: string, build: number, isServer: boolean): OperatingSystem {
  return { platform, version, build, kernel: version, distribution: platform, isServer, isWindows: false }
}
